# what src/ctl adds to the build
