using System.Collections.Frozen;
using Nonet.Data;
using Nonet.Data.Masked;
using Nonet.Data.Tasks;
using Nonet.Inference.Encoders;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Scaling;
using Nonet.Recipes.Translation;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// A record of each type that recipes are made of, for the values of keys that are left out. (The source generator's constructors set every init-only property, and so
/// forget its default.) What a recipe must give is never taken from here.
/// </summary>
static class RecipeTemplates
{
    static readonly FrozenDictionary<Type, object> all = new object[]
    {
        new Recipe { Name = "", Training = new PretrainOptions { Steps = 1 } },
        new TranslationRecipe { Name = "", Data = new TranslationData { Train = new ParallelTextOptions() }, Training = new TranslationOptions { Steps = 1 } },
        new MaskedRecipe { Name = "", Training = new MaskedTrainingOptions { Steps = 1 } },
        new FineTuneRecipe { Name = "", From = "", Data = new PassageData { Train = new PassageOptions { Path = "" } } },
        new SweepRecipe { Name = "", Train = new Recipe { Name = "", Training = new PretrainOptions { Steps = 1 } }, Sweep = new SweepOptions() },
        new PretrainOptions { Steps = 1 }, new TranslationOptions { Steps = 1 }, new MaskedTrainingOptions { Steps = 1 }, new FineTuneOptions { Steps = 1 }, new SweepOptions(),
        new AdamWOptions(), new MuonOptions(), new BatchRamp(), new LoraOptions(), new MaskedOptions(), new MaskingOptions(), new SentenceOptions(), new ReportOptions(),
        new GptOptions(), new Gpt3Options(), new GptJOptions(), new LlamaOptions(), new MistralOptions(), new Qwen2Options(), new Qwen3Options(),
        new Qwen3MoeOptions(), new Olmo2Options(), new GraniteOptions(), new Gemma3Options(),
        new BertOptions(), new RobertaOptions(), new TransformerOptions(),
        new BpeTrainerOptions(), new WordPieceTrainerOptions(), new UnigramTrainerOptions(),
        new RecipeData(), new DataSource { Path = "" }, new TranslationData { Train = new ParallelTextOptions() }, new ParallelTextOptions(),
        new LabelledData { Train = new LabelledTextOptions { Path = "" } }, new NumberedData { Train = new LabelledTextOptions { Path = "" } },
        new TaggedData { Train = new TaggedSentenceOptions { Path = "" } }, new PassageData { Train = new PassageOptions { Path = "" } }, new ChoiceData { Train = new ChoiceOptions { Path = "" } },
        new LabelledTextOptions { Path = "" }, new TaggedSentenceOptions { Path = "" }, new PassageOptions { Path = "" }, new ChoiceOptions { Path = "" }, new WindowOptions(),
    }.ToFrozenDictionary(o => o.GetType());

    public static object Of(Type type) => all[type];
}
