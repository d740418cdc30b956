# The plugins come as packages too: no central repository need be reached.
with_apt maven maven libmaven-dependency-plugin-java
with_apt gradle gradle
with_apt ivy ivy
