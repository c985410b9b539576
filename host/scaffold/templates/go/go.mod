module example.com/PLUGIN_NAME

go 1.25

require bindings v0.0.0

// What came with the project: the contract for Go. It needs nothing from elsewhere.
replace bindings => ./bindings
