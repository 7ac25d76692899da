# what src/ws adds to the build
