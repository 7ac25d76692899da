# what src/web adds to the build
