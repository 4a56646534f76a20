using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Plans;

/// <summary>Shape of a decoder.</summary>
/// <param name="Layers">Number of layers.</param>
/// <param name="Width">d.</param>
/// <param name="Heads">Heads of queries, keys and values.</param>
/// <param name="NonEmbedding">
/// 12 · Layers · Width² parameters: four products of attention, and a feed-forward layer of 8 · Width² (two products of 4 · Width, or three
/// of 8/3 · Width).
/// </param>
/// <param name="Parameters">All parameters, including Vocab · Width of a token table that is also the output.</param>
public sealed record ModelShape(int Layers, int Width, int Heads, double NonEmbedding, double Parameters)
{
    /// <summary>
    /// The ratio of width to depth is about 64 at 1e8 parameters, as in GPT-2, and grows with the power 0.1: 128 at 1e11, as in GPT-3; 32
    /// at 1e5.
    /// </summary>
    const double Aspect = 64, AspectAt = 1e8, AspectExponent = 0.1;

    /// <summary>An error of 1 % in size weighs as much as an error of 10 % in aspect (in squares of logarithms).</summary>
    const double SizeWeight = 100;

    const int MostLayers = 160;

    /// <summary>
    /// Proposes a shape for a number of parameters. It considers all depths from 2 and all widths of whole heads (an even number of heads
    /// from 8 on, a multiple of 4 from 32 on, so that devices can share them), and chooses the shape nearest to the desired size and aspect
    /// together. The head width is 128 from 1e9 parameters on, 64 from 1e7, 32 from 1e6, 16 from 3e4, and 8 below. Shape matters little
    /// within a factor of several (Kaplan et al. 2020, section 3.1).
    /// </summary>
    /// <param name="parameters">N.</param>
    /// <param name="vocab">Rows of the token table.</param>
    /// <param name="counting">Whether N includes the token table.</param>
    public static ModelShape For(double parameters, int vocab, ParameterCounting counting)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocab, 1);
        if (!(parameters >= 100 && parameters <= 1e18))
            throw new ArgumentOutOfRangeException(nameof(parameters), $"a model of {parameters:g4} parameters has no shape: 100 to 1e18 are possible");
        var head = parameters switch { >= 1e9 => 128, >= 1e7 => 64, >= 1e6 => 32, >= 3e4 => 16, _ => 8 };
        var aspect = Aspect * Math.Pow(parameters / AspectAt, AspectExponent);
        var (best, least) = ((ModelShape?)null, double.MaxValue);
        for (var layers = 2; layers <= MostLayers; layers++)
        {
            foreach (var width in Widths(parameters, vocab, counting, layers, head))
            {
                var shape = Of(layers, width, width / head, vocab);
                var counted = counting == ParameterCounting.All ? shape.Parameters : shape.NonEmbedding;
                var (size, form) = (Math.Log(counted / parameters), Math.Log((double)width / layers / aspect));
                if (SizeWeight * size * size + form * form is var miss && miss < least)
                    (best, least) = (shape, miss);
            }
        }
        return best!;
    }

    /// <summary>The two widths of whole heads around the desired width.</summary>
    static int[] Widths(double parameters, int vocab, ParameterCounting counting, int layers, int head)
    {
        // 12 L d² + V d = N, or without V d
        var v = counting == ParameterCounting.All ? vocab : 0.0;
        var width = (-v + Math.Sqrt(v * v + 48.0 * layers * parameters)) / (24.0 * layers);
        var each = (width / head) switch { >= 32 => 4, >= 8 => 2, _ => 1 };
        var heads = (int)Math.Clamp(Math.Floor(width / head / each), 1, 1 << 20) * each;
        return [heads * head, (heads + each) * head];
    }

    static ModelShape Of(int layers, int width, int heads, int vocab)
    {
        var body = 12.0 * layers * width * width;
        return new ModelShape(layers, width, heads, body, body + (double)vocab * width);
    }
}
