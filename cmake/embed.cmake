# cmake -DIN=file -DOUT=file.cpp -DNAME=api::page_html -P embed.cmake: the file as a constant, with a zero behind it.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(.*)::(.*)" "\\1;\\2" parts ${NAME})
list(GET parts 0 space)
list(GET parts 1 variable)
set(type "const unsigned char ${variable}[]")
file(WRITE ${OUT} "namespace ${space} {\nextern ${type};\n${type} = {${bytes}0};\n}\n")
