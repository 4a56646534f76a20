using System.Globalization;
using Nonet;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Models.Decoders;
using Nonet.Recipes;
using Nonet.Text.Bpe;

// arguments: a file or folder of texts, the run folder, the number of steps
var data = new DataOptions { Sources = [new DataSource { Path = args[0], Documents = DocumentCut.Chapters }] };
var tokenizer = BpeTrainer.Train(data.Sources.SelectMany(s => Corpus.Read(s)).Select(d => d.Text), new BpeTrainerOptions { Vocab = 512 });
using var text = TokenizedData.Build(data, tokenizer, cache: Path.Combine(args[1], "tokens"));
var options = new PretrainOptions
{
    Model = new LlamaConfig { Vocab = tokenizer.Vocab, Context = 64, Layers = 2, Width = 64, Heads = 2, KvHeads = 2, Hidden = 128 },
    Batch = 8,
    Steps = int.Parse(args[2], CultureInfo.InvariantCulture),
    Warmup = 2,
    LearningRate = 3e-3,
};
var result = Pretrain.Run(options, text, new RunOptions { Out = Path.Combine(args[1], "run") }, new LineReport(Console.Error));
Console.WriteLine($"{result.BitsPerByte:0.000} bits per byte, model in {result.Checkpoint}");

using var model = LanguageModel.Open(result.Folder);
await foreach (var token in model.Stream("It was", model.Defaults with { MaxTokens = 40 }))
    Console.Write(token);
Console.WriteLine();
