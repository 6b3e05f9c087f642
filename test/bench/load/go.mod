module fetchfy.invalid/test/bench/load

go 1.24
