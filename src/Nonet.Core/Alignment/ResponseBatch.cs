using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Alignment;

/// <summary>
/// Responses with their prompts as one batch without padding, and the rows before each token of a response: there a policy predicts the token, and a critic
/// estimates the value. Belongs to the open scope.
/// </summary>
public sealed class ResponseBatch
{
    readonly int[] starts;

    /// <param name="device">Device of the model.</param>
    /// <param name="items">Ids of prompts and responses, each of at least one token.</param>
    public ResponseBatch(Device device, IReadOnlyList<(int[] Prompt, int[] Response)> items)
    {
        starts = new int[items.Count + 1];
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Prompt.Length == 0 || items[i].Response.Length == 0)
                throw new ArgumentException($"item {i} has {items[i].Prompt.Length} tokens of a prompt and {items[i].Response.Length} of a response; "
                    + $"at least one of each is needed", nameof(items));
            starts[i + 1] = starts[i] + items[i].Response.Length;
        }
        var (rows, targets) = (new int[starts[^1]], new int[starts[^1]]);
        var first = 0;
        for (var i = 0; i < items.Count; i++)
        {
            var (prompt, response) = items[i];
            for (var t = 0; t < response.Length; t++)
                (rows[starts[i] + t], targets[starts[i] + t]) = (first + prompt.Length - 1 + t, response[t]);
            first += prompt.Length + response.Length - 1; // nothing follows the last token
        }
        Batch = Batch.Of(device, [.. items.Select(item => (int[])[.. item.Prompt, .. item.Response[..^1]])]);
        (Rows, Targets) = (device.From(rows), device.From(targets));
    }

    /// <summary>Tokens that are computed: prompts and responses without their last tokens.</summary>
    public Batch Batch { get; }

    /// <summary>(R): row before each token of the responses.</summary>
    public Indices Rows { get; }

    /// <summary>(R): tokens of the responses, end to end.</summary>
    public Indices Targets { get; }

    /// <summary>R, the number of tokens of the responses.</summary>
    public int Tokens => starts[^1];

    /// <summary>The part of an array over all response tokens that belongs to response i.</summary>
    public Span<double> Of(double[] tokens, int i) => tokens.AsSpan(starts[i], starts[i + 1] - starts[i]);

    /// <summary>An array over all response tokens, split by response.</summary>
    public double[][] Split(double[] tokens) => [.. Enumerable.Range(0, starts.Length - 1).Select(i => Of(tokens, i).ToArray())];
}
