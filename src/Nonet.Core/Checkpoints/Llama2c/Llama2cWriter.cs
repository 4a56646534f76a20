using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Llama2c;
using Nonet.Text.SentencePiece;

namespace Nonet.Checkpoints.Llama2c;

/// <summary>
/// Writes a LLaMA as a llama2.c checkpoint of version 0 in F32, with its tokenizer. Format: see <see cref="Llama2cFile"/> and
/// <see cref="Llama2cTokenizer"/>.
/// </summary>
public static class Llama2cWriter
{
    const double RopeBase = 10000;
    const float Epsilon = 1e-5f;

    static readonly string[] behindKeys =
        ["attention/value/weight", "attention/output/weight", "feed_forward_norm/weight", "feed_forward/gate/weight", "feed_forward/down/weight",
            "feed_forward/up/weight"];

    /// <param name="path">A .bin file.</param>
    /// <param name="config">A LLaMA without features that the format cannot express.</param>
    /// <param name="parameters">Its filled parameters.</param>
    /// <param name="tokenizer">
    /// A SentencePiece BPE, as in LLaMA 1 and 2. It is written as tokN.bin, where N is the vocabulary. Null: none is written.
    /// </param>
    /// <exception cref="NotSupportedException">The format cannot express the model or the tokenizer. The message names the feature.</exception>
    public static void Save(string path, ModelConfig config, ParameterStore parameters, Tokenizer? tokenizer = null)
    {
        if (config.GetType() != typeof(LlamaConfig))
            throw new NotSupportedException($"{path}: a llama2.c checkpoint holds a llama, not a {config.Family}");
        var llama = (LlamaConfig)config;
        if (Unfit(llama) is { } reason)
            throw new NotSupportedException($"{path}: a llama2.c checkpoint has no field for {reason}");
        var pieces = tokenizer is null ? null : Pieces(path, tokenizer, llama.Vocab);
        var weights = parameters.Parameters.ToDictionary(p => p.Path, p => p.Value);
        AtomicFile.Write(path, stream =>
        {
            Span<int> header = [llama.Width, llama.Hidden, llama.Layers, llama.Heads, llama.KvHeads, llama.Tied ? llama.Vocab : -llama.Vocab, llama.Context];
            foreach (var number in header)
                Write(stream, number);
            Add("tokens/weight");
            AddLayers("attention_norm/weight");
            AddLayers("attention/query/weight", turned: true);
            AddLayers("attention/key/weight", turned: true);
            foreach (var name in behindKeys)
                AddLayers(name);
            Add("norm/weight");
            WriteAngles(stream, llama);
            if (!llama.Tied)
                Add("output/weight");

            void AddLayers(string name, bool turned = false)
            {
                for (var i = 0; i < llama.Layers; i++)
                    Add($"blocks/{i}/{name}", turned);
            }

            void Add(string name, bool turned = false)
            {
                var weight = new ForeignWeight(name) { Interleave = turned && llama.RopeLayout == RopeLayout.HalfSplit ? llama.HeadSize : 0 };
                foreach (var row in GgufModel.Rows(weights[name], weight))
                    stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
            }
        });
        if (pieces is not null)
            AtomicFile.Write(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Llama2cTokenizer.Names(llama.Vocab)[0]), stream =>
                WriteTokenizer(stream, pieces));
    }

    static string? Unfit(LlamaConfig config) => config switch
    {
        { RopeScaling: not null } => "scaled rotary positions",
        { RopeBase: not RopeBase } => $"a rotary base of {config.RopeBase}; expected {RopeBase}",
        { Epsilon: not Epsilon } => $"an epsilon of {config.Epsilon}; expected {Epsilon}",
        _ when config.HeadSize * config.Heads != config.Width => $"heads of {config.HeadSize} that do not make up the width of {config.Width}",
        _ => null,
    };

    /// <summary>Writes the cosines of all angles, then the sines. Older versions of run.c read them.</summary>
    static void WriteAngles(Stream stream, LlamaConfig config)
    {
        foreach (var function in new Func<double, double>[] { Math.Cos, Math.Sin })
        {
            for (var position = 0; position < config.Context; position++)
            {
                for (var pair = 0; pair < config.HeadSize / 2; pair++)
                    Write(stream, BitConverter.SingleToInt32Bits((float)function(position * Math.Pow(RopeBase, -2.0 * pair / config.HeadSize))));
            }
        }
    }

    /// <summary>The pieces of a tokenizer whose ids fit the format: special tokens, bytes, pieces.</summary>
    static IReadOnlyList<ScoredPiece> Pieces(string path, Tokenizer tokenizer, int vocab)
    {
        var pieces = ((tokenizer as PipelineTokenizer)?.SentencePiece ?? SentencePieceOfJson.Read(tokenizer))?.Definition;
        if (pieces is not { Kind: SentencePieceKind.Bpe } || pieces.Pieces.Count != vocab
            || !pieces.Pieces.Take(3).All(p => p.Type is PieceType.Unknown or PieceType.Control)
            || pieces.ByteFallback
            && Enumerable.Range(0, 256).Any(b => pieces.Pieces[b + 3].Type != PieceType.Byte || pieces.Pieces[b + 3].Text != $"<0x{b:X2}>"))
            throw new NotSupportedException(
                $"{path}: the tokenizer ({tokenizer.Kind}) cannot be saved with a llama2.c checkpoint; expected a SentencePiece BPE of {vocab} pieces: "
                + $"three special tokens, 256 bytes if it has any, then the others");
        return pieces.Pieces;
    }

    static void WriteTokenizer(Stream stream, IReadOnlyList<ScoredPiece> pieces)
    {
        var texts = pieces.Select((p, id) =>
            Encoding.UTF8.GetBytes(id is 1 or 2 ? $"\n{p.Text}\n" : p.Type == PieceType.Normal ? p.Text.Replace('\u2581', ' ') : p.Text)).ToArray();
        Write(stream, texts.Max(t => t.Length));
        for (var id = 0; id < texts.Length; id++)
        {
            Write(stream, BitConverter.SingleToInt32Bits(pieces[id].Score));
            Write(stream, texts[id].Length);
            stream.Write(texts[id]);
        }
    }

    static void Write(Stream stream, int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        stream.Write(bytes);
    }
}
