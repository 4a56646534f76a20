using System.Collections.Concurrent;
using System.Text;
using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Decoders;
using Nonet.Text.Json;
using Nonet.Text.Normalizers;
using Nonet.Text.PostProcessors;
using Nonet.Text.PreTokenizers;
using Nonet.Text.Segmentation;
using Nonet.Text.SentencePiece;
using Nonet.Text.Splits;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

namespace Nonet.Text;

/// <summary>
/// The tokenizer of a tokenizer.json: finds added tokens, normalises the text, splits it into words and these into tokens by BPE,
/// WordPiece, Unigram or whole words, and adds special tokens. Ids and offsets equal those of Hugging Face's tokenizers.
/// </summary>
public sealed class PipelineTokenizer : Tokenizer
{
    readonly TokenizerJson json;
    readonly WordSplit? byteSplit; // for byte-level BPE, whose words are encoded directly
    readonly bool prefixSpace;
    readonly bool breaksAtLines; // words end at line ends, and no token crosses them
    readonly int[]? byteIds;
    readonly bool byWords; // words between white space are normalised and encoded one by one
    readonly ConcurrentBag<ITextEncoder> idle = [];
    readonly AddedTokenFinder raw, normalized;
    readonly HashSet<int> special;
    readonly Dictionary<int, string> normalizedNames = []; // normalised texts of added tokens that are searched in normalised text

    internal PipelineTokenizer(TokenizerJson json)
    {
        this.json = json;
        special = [.. json.Added.Where(a => a.Special).Select(a => a.Id)];
        raw = new AddedTokenFinder([.. json.Added.Where(a => !a.Normalized).Select(a => (a.Content, a))], json.File);
        normalized = new AddedTokenFinder([.. json.Added.Where(a => a.Normalized).Select(a => (json.Normalizer?.Apply(a.Content, json.File) ?? a.Content, a))],
            json.File);
        foreach (var token in json.Added.Where(a => a.Normalized && json.Normalizer is not null))
            normalizedNames[token.Id] = json.Normalizer!.Apply(token.Content, json.File);
        if (json.Model is BpeModel bpe && ByteLevelSplit(json.PreTokenizer) is var (split, prefix) && bpe.ByteLevelIds is { } ids)
            (byteSplit, prefixSpace, byteIds) = (split, prefix, ids);
        breaksAtLines = byteSplit is { EndsWithLine: true } && !prefixSpace && json.Normalizer is null && json.Added.All(a => a.Special);
        byWords = normalized.IsEmpty && json.PreTokenizer is { DropsSpaces: true } && (json.Normalizer is null || json.Normalizer.IsLocal);
    }

    /// <summary>The split of a pre-tokenizer that only splits and spells bytes.</summary>
    static (WordSplit Split, bool PrefixSpace)? ByteLevelSplit(PreTokenizer? pre) => pre switch
    {
        ByteLevelPreTokenizer bytes => (bytes.UseRegex ? new Gpt2Split() : new WordSplit.None(), bytes.AddPrefixSpace),
        SequencePreTokenizer { Parts: [var only] } => ByteLevelSplit(only),
        SequencePreTokenizer { Parts: [SplitPreTokenizer { Words: { } words }, ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: false }] } =>
            (words, false),
        _ => null,
    };

    /// <inheritdoc/>
    public override string Kind =>
        json.SentencePiece is { } pieces ? $"SentencePiece {pieces.Definition.Kind.ToString().ToLowerInvariant()}" : byteSplit is not null ? "byte-level BPE"
        : json.Model switch
        {
            BpeModel => "BPE",
            WordPieceModel => "WordPiece",
            UnigramModel => "Unigram",
            _ => "word level",
        };

    /// <inheritdoc/>
    public override int Vocab => json.Names.Count;

    /// <inheritdoc/>
    public override int EndOfText =>
        json.EndOfText ?? throw new MalformedFileException(json.File, "a tokenizer without a token that ends a text",
        $"eos_token in {ConfigFileName} or {SpecialTokensMap.Name}, or eos_token_id in config.json");

    /// <inheritdoc/>
    public override bool HasEndOfText => json.EndOfText is not null;
    internal override ReadOnlyMemory<byte> Definition => json.Content.Value;
    internal override string DefinitionName => json.DefinitionName;

    /// <summary>The SentencePiece model from which it was made; null: it was made from a tokenizer.json.</summary>
    internal SentencePieceTokenizer? SentencePiece => json.SentencePiece;

    internal override ReadOnlyMemory<byte> Config => json.ConfigContent;

    /// <summary>Truncation that the file suggests; null: none. It applies only if <see cref="EncodeOptions"/> contain it.</summary>
    public Truncation? Truncation => json.Truncation;

    /// <summary>Padding that the file suggests; null: none. It applies only if <see cref="EncodeOptions"/> contain it.</summary>
    public Padding? Padding => json.Padding;

    /// <summary>Opens a tokenizer.json, with the tokenizer_config.json beside it if it exists.</summary>
    public static PipelineTokenizer FromFile(string file) => new(TokenizerJson.Read(file));

    /// <summary>
    /// Writes the files that transformers opens. For WordPiece it also writes vocab.txt, one token per line, and for SentencePiece the
    /// files beside its model.
    /// </summary>
    public override void Save(string folder)
    {
        base.Save(folder);
        if (json.Model is WordPieceModel { TokensInOrder: { } tokens })
            AtomicFile.WriteText(Path.Combine(folder, "vocab.txt"), string.Concat(tokens.Select(t => t + "\n")));
        if (json.SentencePiece is not { } pieces)
            return;
        foreach (var (name, content) in pieces.Beside)
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content));
        if (SentencePieceJsonWriter.Write(pieces) is { } definition)
            AtomicFile.Write(Path.Combine(folder, FileName), stream => stream.Write(definition));
    }

    /// <inheritdoc/>
    public override string? TokenOf(int id) => json.Names.NameOf(id);

    /// <inheritdoc/>
    public override int? IdOf(string token) => json.Names.IdOf(token);

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => special.Contains(id);

    /// <inheritdoc/>
    public override int[] Encode(string text, bool marks = true)
    {
        if (json.PostProcessor is { } post && marks && post.Marks(pair: false) > 0)
            return EncodeWith(post, Ids(text, withSpecial: true));
        return [.. Ids(text, withSpecial: true)];
    }

    static int[] EncodeWith(PostProcessor post, List<int> ids) =>
        [.. post.Apply([new TokenSequence([.. ids.Select(id => new Token(id, 0, 0))], "")], marks: true).SelectMany(s => s.Tokens).Select(t => t.Id)];

    /// <inheritdoc/>
    public override int[] EncodePlain(string text) => [.. Ids(text, withSpecial: false)];

    internal override bool IsBreak(ReadOnlySpan<char> text, int at) =>
        breaksAtLines && at > 0 && at < text.Length && text[at - 1] == '\n' && text[at] != '/' && !char.IsWhiteSpace(text[at]);

    List<int> Ids(string text, bool withSpecial)
    {
        text = WithoutHalfPairs(text);
        var ids = new List<int>((text.Length / 3) + 4);
        if (!idle.TryTake(out var encoder))
            encoder = byteSplit is not null ? new WordEncoder(byteSplit, MergeBytes) : byWords ? new WordEncoder(new WordSplit.BeforeSpaces(), SegmentPart)
                : json.Model.CreateEncoder() ?? new WordEncoder(json.Model.Cuts ?? new WordSplit.None(), Segment);
        if (byWords || (byteSplit is not null && normalized.IsEmpty && json.Normalizer is null))
        {
            foreach (var (start, end, id) in Find(raw, text, withSpecial))
            {
                if (id >= 0)
                    ids.Add(id);
                else if (byWords)
                    encoder.Append(text.AsSpan(start, end - start), ids);
                else
                    AppendBytes(text.AsSpan(start, end - start), encoder, ids);
            }
        }
        else
        {
            foreach (var (part, id) in Parts(text, withSpecial, aligned: false))
            {
                if (id >= 0)
                    ids.Add(id);
                else if (byteSplit is not null)
                    AppendBytes(part.Text, encoder, ids);
                else
                {
                    foreach (var word in Words(part))
                        encoder.Append(word.Text, ids);
                }
            }
        }
        idle.Add(encoder);
        return ids;
    }

    void AppendBytes(ReadOnlySpan<char> text, ITextEncoder encoder, List<int> ids)
    {
        if (!text.IsEmpty)
            encoder.Append(prefixSpace && text[0] != ' ' ? string.Concat(" ", text) : text, ids);
    }

    int[] MergeBytes(string word)
    {
        var utf8 = Encoding.UTF8.GetBytes(word);
        var model = (BpeModel)json.Model;
        if (model.IgnoreMerges && model.Vocabulary.TryGetValue(ByteAlphabet.Spell(utf8), out var id))
            return [id];
        var ids = Array.ConvertAll(utf8, b => byteIds![b]);
        return ids[..model.Merges.Merge(ids)];
    }

    int[] SegmentPart(string text)
    {
        var part = AlignedText.Of(text, aligned: false, new PipelineMeter(json.File, text.Length, PipelineMeter.SpareOfWord));
        json.Normalizer?.Apply(part);
        var pieces = new List<Piece>();
        foreach (var word in Words(part))
            json.Model.Segment(word.Text, pieces);
        return [.. pieces.Select(p => p.Id)];
    }

    int[] Segment(string word)
    {
        var pieces = new List<Piece>();
        json.Model.Segment(word, pieces);
        return [.. pieces.Select(p => p.Id)];
    }

    static List<(int Start, int End, int Id)> Find(AddedTokenFinder finder, string text, bool withSpecial) =>
        text.Length == 0 ? [] : finder.IsEmpty ? [(0, text.Length, -1)] : finder.Find(text, withSpecial);

    /// <summary>Added tokens, and the normalised text between them.</summary>
    IEnumerable<(AlignedText Text, int Id)> Parts(string text, bool withSpecial, bool aligned)
    {
        var whole = AlignedText.Of(text, aligned, new PipelineMeter(json.File, text.Length));
        foreach (var (start, end, id) in Find(raw, text, withSpecial))
        {
            var part = whole.Slice(start, end);
            if (id < 0 && json.Normalizer is { } normalizer)
            {
                part.Meter!.Field = "normalizer";
                normalizer.Apply(part);
            }
            if (id >= 0 || normalized.IsEmpty)
            {
                yield return (part, id);
                continue;
            }
            foreach (var (from, to, found) in Find(normalized, part.Text, withSpecial))
                yield return (part.Slice(from, to), found);
        }
    }

    IEnumerable<AlignedText> Words(AlignedText part)
    {
        if (part.Text.Length == 0)
            return [];
        part.Meter!.Field = "pre_tokenizer";
        return json.PreTokenizer?.Cut(part).Where(w => w.Text.Length > 0) ?? [part];
    }

    /// <inheritdoc/>
    public override Encoded EncodeFull(string text, string? pair = null, EncodeOptions? options = null)
    {
        options ??= new EncodeOptions();
        string[] sources = pair is null ? [text] : [text, pair];
        var texts = sources.Select(Tokens).ToArray();
        var pieces = options.Truncation is { } limit ? Limits.Cut(texts, limit, options.Marks ? json.PostProcessor?.Marks(pair is not null) ?? 0 : 0) : [texts];
        var inputs = pieces.Select(p => new Encoded([.. Marked([.. p.Select((tokens, i) => new TokenSequence(tokens, sources[i]))], options.Marks)], []))
            .ToList();
        var whole = inputs[0] with { Overflow = inputs[1..] };
        return options.Padding is { } padding ? Limits.Pad([whole], padding)[0] : whole;
    }

    IEnumerable<Token> Marked(TokenSequence[] texts, bool marks) => (json.PostProcessor?.Apply(texts, marks) ?? texts).SelectMany(s => s.Tokens);

    List<Token> Tokens(string text, int type)
    {
        var (tokens, pieces) = (new List<Token>(), new List<Piece>());
        foreach (var (part, id) in Parts(WithoutHalfPairs(text), withSpecial: true, aligned: true))
        {
            if (id >= 0)
            {
                var (start, end) = part.Original(0, part.Text.Length);
                tokens.Add(new Token(id, start, end, type));
                continue;
            }
            foreach (var word in Words(part))
            {
                pieces.Clear();
                json.Model.Segment(word.Text, pieces);
                foreach (var (piece, from, to) in pieces)
                {
                    var (start, end) = word.Original(from, to);
                    tokens.Add(new Token(piece, start, end, type));
                }
            }
        }
        return tokens;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> BytesOf(int id)
    {
        if ((uint)id >= (uint)Vocab)
            throw OutOfRange(id);
        if (json.Names.NameOf(id) is not { } token)
            return [];
        // é, for example, may be the name of a byte; it then stays that byte
        if (json.Names.IsAdded(id) && !(json.Decoder is { IsByteLevel: true } && json.Model.Vocabulary.ContainsKey(token)))
            return Encoding.UTF8.GetBytes(normalizedNames.GetValueOrDefault(id, token));
        if (json.Decoder is { IsByteLevel: true })
            return ByteAlphabet.Bytes(token) ?? Encoding.UTF8.GetBytes(token);
        const string Before = "x"; // a preceding text, so that the token is not at the beginning
        if (TokenDecoder.ByteOf(token) is { } b && json.Decoder is not null)
            return new[] { b };
        var joined = Joined([Before, token]);
        // a decoder may drop the neighbour
        return Encoding.UTF8.GetBytes(joined.StartsWith(Before, StringComparison.Ordinal) ? joined[Before.Length..] : Joined([token]));
    }

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids)
    {
        if (json.Decoder is { IsByteLevel: true })
            return base.Decode(ids);
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)Vocab)
                throw OutOfRange(id);
            if ((normalizedNames.TryGetValue(id, out var token) ? token : json.Names.NameOf(id)) is { } name)
                tokens.Add(name);
        }
        return Joined(tokens);
    }

    string Joined(IReadOnlyList<string> tokens)
    {
        if (json.Decoder is not { } decoder)
            return string.Join(' ', tokens);
        var meter = new PipelineMeter(json.File, tokens.Sum(t => t.Length + 1L)) { Field = "decoder" };
        return string.Concat(decoder.Apply(tokens, meter));
    }

    /// <inheritdoc/>
    public override StreamingDecoder CreateDecoder() =>
        json.Decoder is { IsByteLevel: true } ? new StreamingDecoder.OfBytes(this) : new StreamingDecoder.OfTokens(this);
}
