# apt is the system's own; the archives that it is tested with are made and signed here.
with_apt reprepro reprepro gnupg
