# what src/base adds to the build
