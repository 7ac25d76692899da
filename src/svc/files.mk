# what src/svc adds to the build
