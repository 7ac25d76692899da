# what src/tools adds to the build
