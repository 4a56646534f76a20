using Nonet.Data.Masked;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Cli.Commands;

/// <summary>Shape of a timed model and of its batches.</summary>
/// <param name="Width">Width of the hidden states.</param>
/// <param name="Layers">Number of blocks; for an encoder-decoder, in the encoder and in the decoder.</param>
/// <param name="Heads">Number of attention heads.</param>
/// <param name="Hidden">Width of the feed-forward layers.</param>
/// <param name="Context">Number of tokens in a sequence; the maximum if they differ in length.</param>
/// <param name="Batch">Number of sequences, or of pairs, in a step.</param>
/// <param name="Vocab">Vocabulary size.</param>
readonly record struct BenchShape(int Width, int Layers, int Heads, int Hidden, int Context, int Batch, int Vocab);

/// <summary>Training steps of one model on one batch of random tokens.</summary>
/// <param name="tokens">Number of tokens in a step.</param>
/// <param name="optimizer">Settings of the optimiser.</param>
/// <param name="backward">Adds the gradients of a step and returns its loss. Takes the step's random key, for dropout.</param>
sealed class BenchTraining(long tokens, AdamWOptions optimizer, Func<RandomKey, double> backward)
{
    const float Smoothing = 0.1f;
    const double MaskedShare = 0.15;

    static readonly AdamWOptions Libtorch = new() { Beta2 = 0.999, WeightDecay = 0.01 }; // libtorch's defaults

    public long Tokens => tokens;
    public AdamWOptions Optimizer => optimizer;

    public double Backward(RandomKey step) => backward(step);

    /// <summary>A decoder on sequences of equal length, without dropout. The batch belongs to the current tensor scope.</summary>
    public static BenchTraining Of(ICausalModel model, BenchShape shape)
    {
        var device = Filled(model);
        var count = checked(shape.Batch * shape.Context);
        var batch = Batch.Of(device, Ids(count, model.Vocab, 1), shape.Context);
        var targets = device.From(Ids(count, model.Vocab, 2));
        return new BenchTraining(count, Libtorch, _ => MicroBatch.Backward(model, batch, targets, count));
    }

    /// <summary>
    /// The Transformer of 2017 with its dropout, label smoothing and Adam, on pairs of sentences. The lengths of the sources are uniform, from a third of the
    /// context to the whole context. A target is up to two tokens longer or shorter than its source, within the same bounds.
    /// </summary>
    public static BenchTraining Translation(ParameterPath root, BenchShape shape)
    {
        var model = new Transformer(new TransformerConfig
        {
            Vocab = shape.Vocab,
            Context = shape.Context,
            EncoderLayers = shape.Layers,
            DecoderLayers = shape.Layers,
            Width = shape.Width,
            EncoderHeads = shape.Heads,
            DecoderHeads = shape.Heads,
            EncoderHidden = shape.Hidden,
            DecoderHidden = shape.Hidden,
        }, root);
        var device = Filled(model);
        var least = Math.Max(1, shape.Context / 3);
        var (sources, targets) = (new int[shape.Batch], new int[shape.Batch]);
        for (var i = 0; i < shape.Batch; i++)
        {
            sources[i] = least + Philox.Below(Stream(3), (ulong)i, shape.Context - least + 1);
            targets[i] = Math.Clamp(sources[i] + Philox.Below(Stream(4), (ulong)i, 5) - 2, least, shape.Context);
        }
        var labels = Ids(targets.Sum(), shape.Vocab, 5);
        var pairs = new PairBatch(Batch.Of(device, Sentences(sources, shape.Vocab, 1)), Batch.Of(device, Sentences(targets, shape.Vocab, 2)),
            device.From(labels));
        return new BenchTraining(sources.Sum() + (long)labels.Length, new AdamWOptions { Beta2 = 0.98, Epsilon = 1e-9, WeightDecay = 0 }, step =>
        {
            var batch = pairs.With(step);
            return MicroBatch.Backward(labels.Length, labels.Length, () => model.Loss(batch, Smoothing));
        });
    }

    /// <summary>A BERT with dropout on pairs of texts that fill the context: 15 % of the tokens are predicted, and whether the second text follows.</summary>
    public static BenchTraining Masked(ParameterPath root, BenchShape shape)
    {
        var model = new Bert(new BertConfig
        {
            Vocab = shape.Vocab,
            Context = shape.Context,
            Layers = shape.Layers,
            Width = shape.Width,
            Heads = shape.Heads,
            Hidden = shape.Hidden,
        }, root);
        Filled(model);
        var count = checked(shape.Batch * shape.Context);
        var rows = Enumerable.Range(0, count).Where(i => Philox.Uniform(Stream(3), (ulong)i) < MaskedShare).ToArray();
        var masked = new MaskedBatch
        {
            Ids = Ids(count, shape.Vocab, 1),
            Positions = [.. Enumerable.Range(0, count).Select(i => i % shape.Context)],
            Segments = [.. Enumerable.Range(0, count).Select(i => i % shape.Context < shape.Context / 2 ? 0 : 1)],
            Starts = [.. Enumerable.Range(0, shape.Batch + 1).Select(s => s * shape.Context)],
            MaskedRows = rows,
            MaskedTargets = Ids(rows.Length, shape.Vocab, 2),
            NextLabels = Ids(shape.Batch, 2, 4),
        };
        return new BenchTraining(count, Libtorch, step => MicroBatch.Backward(1, 1, () =>
        {
            var losses = model.Losses(masked, step);
            return Ops.Add(losses.Masked, losses.Next!);
        }));
    }

    static Device Filled(ILanguageModel model)
    {
        model.Parameters.FillForTraining(seed: 1);
        return model.Parameters.Device;
    }

    static RandomKey Stream(uint number) => new(1, 0, number);

    static int[][] Sentences(int[] lengths, int vocab, uint stream)
    {
        var ids = Ids(lengths.Sum(), vocab, stream);
        var next = 0;
        return [.. lengths.Select(length => ids[next..(next += length)])];
    }

    static int[] Ids(int count, int vocab, uint stream)
    {
        var ids = new int[count];
        for (var i = 0; i < count; i++)
            ids[i] = Philox.Below(Stream(stream), (ulong)i, vocab);
        return ids;
    }
}
