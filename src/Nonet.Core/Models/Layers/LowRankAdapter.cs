using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.Layers;

/// <summary>
/// Changes a frozen weight W (Out, In) by the product of two thin matrices: W + scale · B A, with A (r, In) and B (Out, r). B is initially
/// 0, so that the model does not change at first. Hu et al. 2021, "LoRA", section 4.1. With a magnitude m (Out), each row of W + scale · B A
/// is scaled to the length m: Liu et al. 2024, "DoRA", equation 5; the length is a constant in the backward pass, as in section 4.3.
/// </summary>
public sealed class LowRankAdapter
{
    readonly Parameter weight;
    readonly uint site;
    double[]? squares; // of the rows of W, which is frozen

    /// <param name="p">Path of the adapter.</param>
    /// <param name="weight">W.</param>
    /// <param name="rank">r.</param>
    /// <param name="scale">α / r, or α / √r.</param>
    /// <param name="hasMagnitude">Whether the adapter has a magnitude.</param>
    internal LowRankAdapter(ParameterPath p, Parameter weight, int rank, float scale, bool hasMagnitude = false)
    {
        (this.weight, Scale, site) = (weight, scale, Philox.Hash(p.Path));
        var (outputs, inputs) = (weight.Shape[0], weight.Shape[1]);
        A = (p / "a").Add(new Shape(rank, inputs), Initialization.Normal(1 / Math.Sqrt(inputs)), ParameterRole.Matrix);
        B = (p / "b").Add(new Shape(outputs, rank), Initialization.Zeros, ParameterRole.Matrix);
        Magnitude = hasMagnitude ? (p / "magnitude").Add(new Shape(outputs), Initialization.Computed(row => Math.Sqrt(Squares()[row])), ParameterRole.Norm)
            : null;
    }

    /// <summary>A (r, In), initially normal with deviation 1/√In.</summary>
    public Parameter A { get; }

    /// <summary>B (Out, r), initially 0.</summary>
    public Parameter B { get; }

    /// <summary>m (Out), initially the lengths of the rows of W; null: plain LoRA.</summary>
    public Parameter? Magnitude { get; }

    /// <summary>α / r of the paper, or α / √r: Kalajdzievski 2023, "rsLoRA".</summary>
    public float Scale { get; }

    /// <summary>Dropout of the input of A: its probability, and the random stream of the current pass. Null: none, as in evaluation.</summary>
    public (float Probability, RandomKey Key)? Dropout { get; set; }

    /// <summary>The changed layer: x (N, In) → (N, Out).</summary>
    internal Tensor Forward(Tensor x, Tensor? bias, Tensor? residual)
    {
        if (Magnitude is null)
            return Ops.Linear(x, weight.Value, bias, residual, change: LowRank);
        var y = Ops.Mul(Ops.Linear(x, weight.Value, change: LowRank), RowFactors());
        y = bias is null ? y : Sum(y, bias);
        return residual is null ? y : Sum(y, residual);
    }

    /// <summary>The change without the magnitude, with the dropout of the current pass.</summary>
    internal LowRankChange LowRank => Dropout is { Probability: > 0 } dropout
        ? new LowRankChange(A.Value, B.Value, Scale, dropout.Probability, dropout.Key.At(site)) : new LowRankChange(A.Value, B.Value, Scale);

    /// <summary>a + b. The values of a are released, because no backward pass reads them.</summary>
    static Tensor Sum(Tensor a, Tensor b)
    {
        using (a)
            return Ops.Add(a, b);
    }

    /// <summary>Adds the change to the rows y (N, In) that a table returned for ids (N).</summary>
    public Tensor Lookup(Indices ids, Tensor y)
    {
        using var rows = Ops.Embedding(B.Value, ids); // no backward pass reads these or the product
        using var product = Ops.MatMul(Ops.Scale(rows, Scale), A.Value);
        return Ops.Add(y, product);
    }

    /// <summary>The changed weight (Out, In), as a new tensor.</summary>
    /// <param name="sign">1 for the weight with the change, −1 for the weight from which the change is taken. A magnitude cannot be taken away.</param>
    internal Tensor Change(float sign)
    {
        using var suspended = Tape.Suspend();
        var wide = weight.Value.Device.Empty(weight.Shape, weight.Value.Device.Float);
        weight.Value.Device.Copy(weight.Value, wide);
        var sum = Ops.Add(wide, Ops.Scale(Ops.MatMul(B.Value, A.Value), sign * Scale));
        return Magnitude is null ? sum : Ops.Transpose(Ops.Mul(Ops.Transpose(sum, 0, 1), RowFactors()), 0, 1);
    }

    /// <summary>m / ‖W + scale · B A‖ by rows, (Out): differentiable in m.</summary>
    Tensor RowFactors()
    {
        var inverse = new double[weight.Shape[0]];
        using (Tape.Suspend())
        using (new TensorScope())
        {
            // ‖w + s b A‖² = ‖w‖² + 2 s b · (A w) + s² b (A Aᵀ) bᵀ, without the product B A.
            var products = Ops.Transpose(Ops.Linear(A.Value, weight.Value), 0, 1).Download(); // (Out, r)
            var (gram, b, own) = (Ops.Linear(A.Value, A.Value).Download(), B.Value.Download(), Squares());
            var rank = A.Shape[0];
            for (var row = 0; row < inverse.Length; row++)
            {
                var sum = own[row];
                for (var i = 0; i < rank; i++)
                {
                    var (bi, cross) = (b.Value((long)row * rank + i), 0.0);
                    for (var j = 0; j < rank; j++)
                        cross += gram.Value((long)i * rank + j) * b.Value((long)row * rank + j);
                    sum += bi * (2 * Scale * products.Value((long)row * rank + i) + Scale * (double)Scale * cross);
                }
                inverse[row] = sum > 0 ? 1 / Math.Sqrt(sum) : 0;
            }
        }
        var device = weight.Value.Device;
        return Ops.Mul(Magnitude!.Value, device.From(Magnitude.Shape, inverse, device.Float));
    }

    double[] Squares()
    {
        if (squares is not null)
            return squares;
        var (host, sums, row) =
            (weight.Value.Device is HostDevice ? weight.Value : weight.Value.Download(), new double[weight.Shape[0]], new float[weight.Shape[1]]);
        for (var r = 0; r < sums.Length; r++)
        {
            host.ReadRow(r, row);
            foreach (var value in row)
                sums[r] += value * (double)value;
        }
        return squares = sums;
    }

    /// <summary>Throws if the adapter is not for a weight.</summary>
    internal void CheckFor(Parameter layer)
    {
        if (layer != weight)
            throw new ArgumentException($"the adapter with A {A.Shape} and B {B.Shape} is for {weight}, not for {layer}");
    }
}
