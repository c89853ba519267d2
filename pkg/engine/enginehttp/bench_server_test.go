package enginehttp

const serverVariable = "SALVO_BENCH_SERVER"

func serveBenchmarks(string) {}
