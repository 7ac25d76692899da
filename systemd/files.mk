# what systemd adds to the build
