module fetchfy.invalid/test/cluster/pause

go 1.26.0
