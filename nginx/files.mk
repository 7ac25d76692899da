# what nginx adds to the build
