# what src/ext adds to the build
