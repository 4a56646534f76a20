using System.Text;
using Nonet.Files;
using Nonet.Text.Patterns;
using Nonet.Text.Unicode;

namespace Nonet.Text.Normalizers;

/// <summary>Changes a text before it is split: the part `normalizer` of tokenizer.json.</summary>
abstract class Normalizer
{
    public abstract void Apply(AlignedText text);

    /// <summary>Whether the result for a word is independent of text beyond the surrounding ASCII white space, which remains white space.</summary>
    public virtual bool IsLocal => false;

    /// <summary>Normalises a text without its alignment.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">File name for error messages.</param>
    public string Apply(string text, string file)
    {
        var aligned = AlignedText.Of(text, aligned: false, new PipelineMeter(file, text.Length));
        Apply(aligned);
        return aligned.Text;
    }

    /// <summary>Reads a normalizer; null if the field is absent or null.</summary>
    public static Normalizer? Read(JsonFields? json) => json is null ? null : json.Text("type") switch
    {
        "Sequence" => new Sequence([.. json.Objects("normalizers").Select(j => Read(j)!)]),
        "NFC" => new Form(compatible: false, compose: true),
        "NFD" => new Form(compatible: false, compose: false),
        "NFKC" => new Form(compatible: true, compose: true),
        "NFKD" => new Form(compatible: true, compose: false),
        "Lowercase" => new Lowercase(),
        "StripAccents" => new StripAccents(),
        "Strip" => new Strip(json.Flag("strip_left", true), json.Flag("strip_right", true)),
        "Replace" => new Replace(Pattern.Read(json), json.Text("content") ?? throw json.Missing("content", "a text")),
        "Prepend" => new Prepend(json.Text("prepend") ?? throw json.Missing("prepend", "a text")),
        "Nmt" => new Nmt(),
        "ByteLevel" => new ByteLevel(),
        "Precompiled" => new PrecompiledNormalizer(json),
        "BertNormalizer" => new BertNormalizer(json),
        _ => throw json.Wrong("type",
            "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend, Nmt, ByteLevel, Precompiled or BertNormalizer"),
    };

    sealed class Sequence(Normalizer[] parts) : Normalizer
    {
        public override bool IsLocal => parts.All(p => p.IsLocal);

        public override void Apply(AlignedText text)
        {
            foreach (var part in parts)
                part.Apply(text);
        }
    }

    sealed class Form(bool compatible, bool compose) : Normalizer
    {
        public override bool IsLocal => true;

        public override void Apply(AlignedText text)
        {
            if (!NormalForm.IsPlain(text.Text))
                text.Change(NormalForm.Of(text.Text, compatible, compose));
        }
    }

    sealed class Lowercase : Normalizer
    {
        public override bool IsLocal => true;

        public override void Apply(AlignedText text) => text.Lower();
    }

    sealed class StripAccents : Normalizer
    {
        public override bool IsLocal => true;

        public override void Apply(AlignedText text)
        {
            if (!NormalForm.IsPlain(text.Text))
                text.Filter(r => !UnicodeTables.Mark.Contains(r.Value));
        }
    }

    sealed class Strip(bool left, bool right) : Normalizer
    {
        public override void Apply(AlignedText text) => text.Strip(left, right);
    }

    sealed class Replace(Pattern pattern, string with) : Normalizer
    {
        public override void Apply(AlignedText text) => text.Replace(pattern.Matches(text.Text, text.Meter), with);
    }

    sealed class Prepend(string prefix) : Normalizer
    {
        public override void Apply(AlignedText text) => text.Prepend(prefix);
    }

    /// <summary>SentencePiece's nmt rules: control characters are removed, and unusual spaces become spaces.</summary>
    sealed class Nmt : Normalizer
    {
        public override void Apply(AlignedText text)
        {
            text.Filter(r => r.Value is not ((>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F));
            text.Map(r => r.Value is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF
                or 0xFFFD ? new Rune(' ') : r);
        }
    }

    /// <summary>Spells every byte of UTF-8 as a character: see <see cref="ByteAlphabet"/>.</summary>
    sealed class ByteLevel : Normalizer
    {
        public override void Apply(AlignedText text) => ByteAlphabet.Spell(text);
    }
}
