using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference.Beams;

/// <summary>
/// An encoder-decoder whose next token has the probabilities that a function gives for a source and a whole prefix. The prefix is read back from the KV
/// cache's blocks, so that a wrong fork shows. A source is one id, or several of which the first counts.
/// </summary>
sealed class TableModel(int vocab, Func<int, int[], double[]> probabilities) : IEncoderDecoder
{
    public ParameterStore Parameters { get; } = new(TinyModels.Cpu);
    public int Vocab => vocab;
    public int Context { get; init; } = 200;
    public bool Checkpointing { get; set; }
    public int Layers => 1;
    public int KvHeads => 1;
    public int HeadWidth => 1;
    public int StartToken => 0;

    /// <summary>Rows decoded in all steps.</summary>
    public int Rows { get; private set; }

    public EncodedSource Encode(Batch source) => new(Floats(source.Ids, 1), source.Starts);

    public Tensor Decode(Batch target, EncodedSource memory, KvCache? cache = null)
    {
        var ids = Floats(target.Ids, 1);
        cache!.Write(0, ids, ids, target.Slots!);
        var sourceOf = memory.LayoutFor(target).QueryStarts.Values;
        var table = target.Layout.BlockTable!;
        var hidden = Parameters.Device.Zeros(new Shape(target.Sequences, vocab));
        for (var s = 0; s < target.Sequences; s++)
        {
            var source = 0;
            while (sourceOf[source + 1] <= s)
                source++;
            var prefix = new int[target.Layout.KeyLengths!.Values[s]];
            for (var j = 0; j < prefix.Length; j++)
                prefix[j] = (int)cache.Keys(0)
                    .Value((long)table.Values[s * table.Shape[1] + j / KvCache.BlockSize] * KvCache.BlockSize + j % KvCache.BlockSize);
            var p = probabilities((int)memory.Hidden.Value(memory.Starts.Values[source]), prefix[1..]);
            for (var v = 0; v < vocab; v++)
                hidden.SetValue(s * vocab + v, Math.Log(p[v]));
        }
        Rows += target.Sequences;
        return hidden;
    }

    public Tensor Output(Tensor hidden) => hidden;

    Tensor Floats(Indices ids, int width) => Parameters.Device.From(new Shape(ids.Shape[0], width), ids.Values.ToArray().Select(i => (float)i).ToArray());

    /// <summary>Every output of at most so many tokens with its log-probability, the end included; those without an end are as long as possible.</summary>
    public IEnumerable<(int[] Tokens, double Log, bool Ended)> All(int source, int end, int most, int[]? prefix = null, double log = 0)
    {
        prefix ??= [];
        if (prefix.Length == most)
        {
            yield return (prefix, log, false);
            yield break;
        }
        var p = probabilities(source, prefix);
        for (var v = 0; v < vocab; v++)
        {
            if (v == StartToken || p[v] == 0)
                continue;
            if (v == end)
            {
                yield return (prefix, log + Math.Log(p[v]), true);
                continue;
            }
            foreach (var longer in All(source, end, most, [.. prefix, v], log + Math.Log(p[v])))
                yield return longer;
        }
    }
}
