using System.Text;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Inference;

/// <summary>
/// A decoder that wants to write what a function answers to the prompt: the next token of it has by far the largest logit. Once a constraint has forced other
/// text on it, it wants to end, and else closes what is open. The sequence is read back from the KV cache's blocks.
/// </summary>
sealed class ScriptedModel(Tokenizer tokenizer, string replyMark, Func<string, string> answer) : ICausalModel
{
    readonly byte[][] bytes = [.. Enumerable.Range(0, tokenizer.Vocab)
        .Select(id => tokenizer.IsSpecial(id) ? Encoding.UTF8.GetBytes(tokenizer.TokenOf(id)!) : tokenizer.BytesOf(id).ToArray())];

    static readonly CpuDevice cpu = new(new CpuOptions { Threads = 1 });

    public ParameterStore Parameters { get; } = new(cpu);
    public int Vocab => tokenizer.Vocab;
    public int Context { get; init; } = 8192;
    public bool Checkpointing { get; set; }
    public int Layers => 1;
    public int KvHeads => 1;
    public int HeadWidth => 1;
    public int AttentionWidth => 1;

    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        var ids = cpu.From(new Shape(batch.Tokens, 1), Array.ConvertAll(batch.Ids.Values.ToArray(), id => (float)id));
        cache!.Write(0, ids, ids, batch.Slots!);
        var logits = cpu.Zeros(new Shape(batch.Tokens, Vocab));
        var (starts, table) = (batch.Starts.Values.ToArray(), batch.Layout.BlockTable!);
        for (var s = 0; s < batch.Sequences; s++)
        {
            var row = starts[s + 1] - 1; // the only one whose logits the engine wants
            var prefix = new int[batch.Positions.Values[row] + 1];
            for (var j = 0; j < prefix.Length; j++)
                prefix[j] = (int)cache.Keys(0)
                    .Value(((long)table.Values[s * table.Shape[1] + j / KvCache.BlockSize] * KvCache.BlockSize) + (j % KvCache.BlockSize));
            Want(logits, row, prefix);
        }
        return logits;
    }

    public Tensor Output(Tensor hidden) => hidden;

    void Want(Tensor logits, int row, int[] prefix)
    {
        var text = tokenizer.Decode(prefix);
        var reply = text.LastIndexOf(replyMark, StringComparison.Ordinal);
        if (reply < 0)
            return;
        reply += replyMark.Length;
        foreach (var (closing, rank) in "\"}],: {".Select((c, i) => (c, i)))
            logits.SetValue(row * Vocab + First(closing.ToString()), 10 - rank);
        logits.SetValue(row * Vocab + tokenizer.EndOfText, 50);
        var (wanted, written) = (answer(text[..reply]), text[reply..]);
        if (wanted.StartsWith(written, StringComparison.Ordinal) && wanted.Length > written.Length)
            logits.SetValue(row * Vocab + First(wanted[written.Length..]), 100);
    }

    /// <summary>The longest token that a text begins with; special tokens are spelled out in it.</summary>
    int First(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Enumerable.Range(0, Vocab).Where(id => id != tokenizer.EndOfText && utf8.AsSpan().StartsWith(bytes[id]) && bytes[id].Length > 0)
            .MaxBy(id => bytes[id].Length);
    }
}
