# what handlers adds to the build
