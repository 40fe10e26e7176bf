"""The chat widget (<handson-navi>): one script, made of the files beside this one."""
