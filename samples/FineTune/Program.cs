// Fine-tunes a BERT on a TSV file of labelled texts, and labels new ones with it.
//   dotnet run -c Release --project samples/FineTune -- path/to/bert my-labels.tsv runs/my-labels 3
using System.Globalization;
using Nonet;
using Nonet.Data.Tasks;
using Nonet.Inference.Encoders;
using Nonet.Models.Encoders;
using Nonet.Recipes;
using Nonet.Recipes.FineTuning;
using Nonet.Tensors.Cpu;

// arguments: a checkpoint of a BERT, a TSV file with the columns sentence and label, the run folder, the number of epochs
var recipe = new FineTuneRecipe
{
    Name = "my-labels",
    From = args[0],
    Data = new LabelledData { Train = new LabelledTextOptions { Path = args[1] }, HeldOut = 0.2 },
    Training = new FineTuneOptions { Epochs = double.Parse(args[3], CultureInfo.InvariantCulture), Batch = 8, LearningRate = 5e-4 },
};
using var device = new CpuDevice();
var result = TrainRecipe.Run(recipe, device, args[2], progress: new LineReport(Console.Error));

using var model = LanguageModel.Open(result.Folder, device);
var classifier = new TextClassifier((Bert)model.Model, model.Tokenizer);
foreach (var text in new[] { "a good day", "a bad day" })
    Console.WriteLine($"{text}: {string.Join(", ", classifier.Classify(text).Labels.Select(l => FormattableString.Invariant($"{l.Label} {l.Score:0.00}")))}");
