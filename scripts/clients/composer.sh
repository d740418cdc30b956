# Composer 2, as the system has it, with what it wants of PHP.
with_apt composer composer php-cli php-xml php-mbstring php-curl php-zip unzip
