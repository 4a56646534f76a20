// The miniature of instruction tuning (docs/papers/flan.md).
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using Nonet.Data.Generated;
Directory.CreateDirectory(args[0]);
File.WriteAllLines(Path.Combine(args[0], "corpus.txt"), SymbolTasks.Corpus(1, int.Parse(args[1])));
