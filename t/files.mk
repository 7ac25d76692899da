# what t adds to the build
