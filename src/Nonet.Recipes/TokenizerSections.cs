using Nonet.Recipes.Yaml;
using Nonet.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes;

/// <summary>What a recipe's tokenizer can be: bytes, a folder, or one to train, with a section a kind of model. A model that is left out is bpe.</summary>
static class TokenizerSections
{
    const string Bytes = "bytes", Bpe = "bpe";
    const string Expected = "bytes, or a folder with a tokenizer.json that exists, or vocab: N to train one";

    static readonly Section<BpeTrainerOptions> bpe = Kind(Bpe, () => new BpeTrainerOptions())
        .Whole("vocab", o => o.Vocab, (o, n) => o with { Vocab = n }, least: 257, most: 1 << 24, required: true)
        .Choice("pattern", o => o.Pattern, (o, choice) => o with { Pattern = choice }, ("gpt2", SplitPattern.Gpt2), ("cl100k", SplitPattern.Cl100k))
        .Add("special", (o, v) => o with { Special = [.. v.Items("a list of special tokens, the first of which ends texts").Select(item => item.Text("a token"))] },
            o => new YamlSequenceNode(o.Special.Select(s => (YamlNode)YamlText.Of(s))))
        .Flag("end_mark", o => o.EndMark, (o, on) => o with { EndMark = on })
        .Whole("min_frequency", o => o.MinFrequency, (o, n) => o with { MinFrequency = n }, least: 1);

    static readonly Section<WordPieceTrainerOptions> wordPiece = Kind("wordpiece", () => new WordPieceTrainerOptions())
        .Whole("vocab", o => o.Vocab, (o, n) => o with { Vocab = n }, least: 6, most: 1 << 24, required: true)
        .Flag("lower_case", o => o.LowerCase, (o, on) => o with { LowerCase = on })
        .WholeOrNull("limit_alphabet", o => o.LimitAlphabet, (o, n) => o with { LimitAlphabet = n }, least: 1)
        .Whole("min_frequency", o => o.MinFrequency, (o, n) => o with { MinFrequency = n }, least: 1);

    static readonly Section<UnigramTrainerOptions> unigram = Kind("unigram", () => new UnigramTrainerOptions())
        .Whole("vocab", o => o.Vocab, (o, n) => o with { Vocab = n }, least: 4, most: 1 << 24, required: true)
        .Number("character_coverage", o => o.CharacterCoverage, (o, x) => o with { CharacterCoverage = x }, "a number above 0 and at most 1", x => x is > 0 and <= 1)
        .Flag("byte_fallback", o => o.ByteFallback, (o, on) => o with { ByteFallback = on })
        .Choice("normalization", o => o.Normalization, (o, choice) => o with { Normalization = choice }, ("none", UnigramNormalization.None), ("nfkc", UnigramNormalization.Nfkc))
        .Whole("max_piece_length", o => o.MaxPieceLength, (o, n) => o with { MaxPieceLength = n }, least: 1, most: 64);

    static readonly (string Name, Type Options, Func<YamlValue, TokenizerTrainerOptions> Read, Func<TokenizerTrainerOptions, YamlNode> Write)[] kinds =
    [
        (Bpe, typeof(BpeTrainerOptions), v => bpe.Read(v), o => bpe.Write((BpeTrainerOptions)o)),
        ("wordpiece", typeof(WordPieceTrainerOptions), v => wordPiece.Read(v), o => wordPiece.Write((WordPieceTrainerOptions)o)),
        ("unigram", typeof(UnigramTrainerOptions), v => unigram.Read(v), o => unigram.Write((UnigramTrainerOptions)o)),
    ];

    /// <param name="value">The value of the key.</param>
    /// <param name="bpeDefaults">What a BPE has where its keys are left out; null: the defaults of the options.</param>
    public static RecipeTokenizer Read(YamlValue value, BpeTrainerOptions? bpeDefaults = null)
    {
        if (value.IsMapping)
            return new RecipeTokenizer { Train = ReadTrained(value, bpeDefaults) };
        return value.Text(Expected) is var text && text == Bytes ? new RecipeTokenizer()
            : Path.Exists(text) ? new RecipeTokenizer { Folder = text }
            : throw value.Wrong(Expected);
    }

    static TokenizerTrainerOptions ReadTrained(YamlValue section, BpeTrainerOptions? bpeDefaults)
    {
        const string Names = "bpe, wordpiece or unigram";
        var field = section.Fields("keys such as model, vocab").FirstOrDefault(f => f.Name == "model");
        var name = field.Name is null ? Bpe : field.Value.Text(Names);
        if (name == Bpe)
            return bpe.Read(section, bpeDefaults);
        foreach (var kind in kinds)
        {
            if (kind.Name == name)
                return kind.Read(section);
        }
        throw field.Value.Wrong(Names);
    }

    public static YamlNode Write(RecipeTokenizer tokenizer) =>
        tokenizer.Train is { } train ? Array.Find(kinds, k => k.Options == train.GetType()).Write(train) : YamlText.Of(tokenizer.Folder ?? Bytes);

    static Section<T> Kind<T>(string name, Func<T> defaults) where T : TokenizerTrainerOptions => new Section<T>(defaults).Add("model", (o, _) => o, _ => YamlText.Of(name));
}
