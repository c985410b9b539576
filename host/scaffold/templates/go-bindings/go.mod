module bindings

go 1.25
