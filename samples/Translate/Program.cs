// Trains a translation model on pairs of sentences and translates with it.
//   dotnet run -c Release --project samples/Translate -- data/translation/tatoeba-en-de.tsv runs/translate-sample 300
using System.Globalization;
using Nonet;
using Nonet.Data.Tasks;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Recipes;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Translation;
using Nonet.Tensors.Cpu;
using Nonet.Text.Bpe;

// arguments: a TSV file with a column for each language, the run folder, the number of steps
var steps = int.Parse(args[2], CultureInfo.InvariantCulture);
var recipe = new TranslationRecipe
{
    Name = "translate",
    Model = new TransformerOptions { EncoderLayers = 2, DecoderLayers = 2, Width = 96, Heads = 4, Hidden = 256, Context = 64 },
    Data = new TranslationData { Train = new ParallelTextOptions { Path = args[0], SourceField = "english", TargetField = "german" }, HeldOut = 0.02 },
    Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = 1500 } },
    Training = new TranslationOptions { Steps = steps, BatchTokens = 1000, Warmup = Math.Max(1, steps / 3) },
};
using var device = new CpuDevice();
var result = TrainRecipe.Run(recipe, device, args[1], progress: new LineReport(Console.Error));

using var model = LanguageModel.Open(result.Folder, device);
var translator = new Translator((IEncoderDecoder)model.Model, model.Tokenizer, new TranslatorOptions { Beam = 4 });
await foreach (var translation in translator.Translate(["I am here.", "Tom has a dog."]))
    Console.WriteLine(translation.Text);
