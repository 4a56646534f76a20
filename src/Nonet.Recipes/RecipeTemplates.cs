using System.Collections.Frozen;
using Nonet.Data;
using Nonet.Recipes.Architectures;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// One record of each type that several kinds of recipes use, for the values of keys that are left out. The records of a single kind are in
/// its <see cref="Yaml.RecipeForm.Templates"/>. (The source generator's constructors set every init-only property and so lose its default.)
/// Required values are never taken from here.
/// </summary>
static class RecipeTemplates
{
    static readonly FrozenDictionary<Type, object> all = new object[]
    {
        new AdamWOptions(), new MuonOptions(), new AdafactorOptions(), new ReportOptions(), new RecipeData(), new DataSource { Path = "" },
        new GptOptions(), new Gpt3Options(), new GptJOptions(), new LlamaOptions(), new MistralOptions(), new Qwen2Options(), new Qwen3Options(),
        new Qwen3MoeOptions(), new Olmo2Options(), new GraniteOptions(), new Gemma3Options(),
        new BertOptions(), new RobertaOptions(), new TransformerOptions(),
        new BpeTrainerOptions(), new WordPieceTrainerOptions(), new UnigramTrainerOptions(),
    }.ToFrozenDictionary(o => o.GetType());

    public static object Of(Type type) => all[type];
}
