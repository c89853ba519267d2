package enginehttp
import "os"
var nodeFile = func() string { if f := os.Getenv("NODEFILE"); f != "" { return f }; return "testdata/node20.json" }()
