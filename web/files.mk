# what web adds to the build
