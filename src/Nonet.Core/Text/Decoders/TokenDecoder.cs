using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Text.Patterns;
using Nonet.Text.PreTokenizers;

namespace Nonet.Text.Decoders;

/// <summary>Converts tokens to text: the part `decoder` of tokenizer.json. The resulting texts are joined.</summary>
abstract class TokenDecoder
{
    /// <param name="tokens">Names of tokens, or texts from an earlier decoder.</param>
    /// <param name="meter">Limits the cost of the steps.</param>
    public abstract IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter);

    /// <summary>Whether the decoder is only ByteLevel, so that the bytes of a token do not depend on its neighbours.</summary>
    public virtual bool IsByteLevel => false;

    /// <summary>Reads a decoder. Returns null if the field is absent or null; tokens are then joined with spaces.</summary>
    public static TokenDecoder? Read(JsonFields? json) => json is null ? null : json.Text("type") switch
    {
        "Sequence" => new Sequence([.. json.Objects("decoders").Select(j => Read(j)!)]),
        "ByteLevel" => new ByteLevel(),
        "WordPiece" => new WordPiece(json.Text("prefix") ?? "##", json.Flag("cleanup", true)),
        "Metaspace" => new EachToken(MetaspaceOf(json)),
        "BPEDecoder" => new EachToken(SuffixOf(json.Text("suffix") ?? "</w>")),
        "ByteFallback" => new ByteFallback(),
        "Fuse" => new Fuse(),
        "Strip" => new EachToken(StripOf(json)),
        "Replace" => new Replace(Pattern.Read(json), json.Text("content") ?? throw json.Missing("content", "a text")),
        "CTC" => new CtcDecoder(json.Text("pad_token") ?? "<pad>", json.Text("word_delimiter_token") ?? "|", json.Flag("cleanup", true)),
        _ => throw json.Wrong("type", "Sequence, ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, Fuse, Strip, Replace or CTC"),
    };

    static Func<string, int, int, string> MetaspaceOf(JsonFields json)
    {
        var (replacement, prepends) = (Metaspace.Replacement(json), Metaspace.Scheme(json) != "never");
        return (token, i, _) => token.Replace(replacement, i == 0 && prepends ? "" : " ", StringComparison.Ordinal);
    }

    static Func<string, int, int, string> SuffixOf(string suffix) => (token, i, count) =>
        suffix.Length == 0 ? token : token.Replace(suffix, i == count - 1 ? "" : " ", StringComparison.Ordinal);

    static Func<string, int, int, string> StripOf(JsonFields json)
    {
        var content = json.Text("content") ?? " ";
        if (!Rune.TryGetRuneAt(content, 0, out var rune) || rune.Utf16SequenceLength != content.Length)
            throw json.Wrong("content", "one character");
        var (start, stop) = ((int)json.Number("start", 0, 0, int.MaxValue), (int)json.Number("stop", 0, 0, int.MaxValue));
        return (token, _, _) =>
        {
            var text = token.AsSpan();
            for (var i = 0; i < start && text.StartsWith(content, StringComparison.Ordinal); i++)
                text = text[content.Length..];
            for (var i = 0; i < stop && text.EndsWith(content, StringComparison.Ordinal); i++)
                text = text[..^content.Length];
            return text.ToString();
        };
    }

    sealed class Sequence(TokenDecoder[] parts) : TokenDecoder
    {
        public override bool IsByteLevel => parts is [{ IsByteLevel: true }];

        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter) =>
            parts.Aggregate(tokens, (t, part) => part.Apply(t, meter));
    }

    /// <summary>Changes each token separately, given its index and the number of tokens.</summary>
    sealed class EachToken(Func<string, int, int, string> change) : TokenDecoder
    {
        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter) =>
            [.. tokens.Select((t, i) => change(t, i, tokens.Count))];
    }

    sealed class Replace(Pattern pattern, string with) : TokenDecoder
    {
        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter) => [.. tokens.Select(token =>
        {
            var matches = pattern.Matches(token, meter);
            if (matches.Count == 0)
                return token;
            meter.Grow(((long)matches.Count * with.Length) - matches.Sum(m => (long)m.End - m.Start));
            var (text, at) = (new StringBuilder(), 0);
            foreach (var (start, end) in matches)
            {
                text.Append(token, at, start - at).Append(with);
                at = end;
            }
            return text.Append(token, at, token.Length - at).ToString();
        })];
    }

    sealed class ByteLevel : TokenDecoder
    {
        public override bool IsByteLevel => true;

        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter) =>
            [Encoding.UTF8.GetString([.. tokens.SelectMany(t => ByteAlphabet.Bytes(t) ?? Encoding.UTF8.GetBytes(t))])];
    }

    sealed class Fuse : TokenDecoder
    {
        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter) => [string.Concat(tokens)];
    }

    /// <summary>Converts tokens such as &lt;0x0A&gt; to bytes. Each byte of a run that is not UTF-8 becomes U+FFFD.</summary>
    sealed class ByteFallback : TokenDecoder
    {
        static readonly UTF8Encoding strict = new(false, throwOnInvalidBytes: true);

        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter)
        {
            var (texts, bytes) = (new List<string>(tokens.Count), new List<byte>());
            foreach (var token in tokens)
            {
                if (ByteOf(token) is { } b)
                    bytes.Add(b);
                else
                {
                    Flush();
                    texts.Add(token);
                }
            }
            Flush();
            return texts;

            void Flush()
            {
                if (bytes.Count == 0)
                    return;
                if (System.Text.Unicode.Utf8.IsValid([.. bytes]))
                    texts.Add(strict.GetString([.. bytes]));
                else
                    texts.AddRange(Enumerable.Repeat("\uFFFD", bytes.Count));
                bytes.Clear();
            }
        }
    }

    /// <summary>The byte of a token such as &lt;0x0A&gt;.</summary>
    public static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b) ? b : null;

    sealed class WordPiece(string prefix, bool cleanUp) : TokenDecoder
    {
        public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter) => [.. tokens.Select((token, i) =>
        {
            var text = i == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            return cleanUp ? CleanUp(text) : text;
        })];
    }

    /// <summary>Removes the spaces that word pieces put before English punctuation and contractions.</summary>
    public static string CleanUp(string text) =>
        new StringBuilder(text).Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'")
        .Replace(" n't", "n't").Replace(" 'm", "'m").Replace(" do not", " don't").Replace(" 's", "'s").Replace(" 've", "'ve").Replace(" 're", "'re").ToString();
}
