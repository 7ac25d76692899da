# what src/sandbox adds to the build
