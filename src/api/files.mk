# what src/api adds to the build
