# what src/worker adds to the build
