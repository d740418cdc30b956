# dnf and zypper, as the system has them, and what builds and signs a repository for them. zypper replaces dnf-plugins-core
# where that is installed.
with_apt dnf dnf createrepo-c rpm gpg gpg-agent
with_apt zypper zypper createrepo-c rpm gpg gpg-agent
