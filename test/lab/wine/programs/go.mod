module lab/wine

go 1.26.0
