using Nonet.Numerics;

namespace Nonet.Tests.Numerics;

public sealed class CurveTests
{
    [Fact]
    public void A_parabola_is_found_again()
    {
        double[] x = [18, 19, 20.5, 22, 23], y = [.. x.Select(v => 2.5 + 0.03 * (v - 20.2) * (v - 20.2))];
        var found = Parabola.Fit(x, y);
        Assert.Equal(20.2, found.Vertex, 1e-9);
        Assert.Equal(2.5, found.Height, 1e-9);
        Assert.Equal(0.03, found.Curvature, 1e-9);
        Assert.True(double.IsNaN(Parabola.Fit([1, 2, 2], [1, 2, 3]).Curvature));
    }

    [Fact]
    public void Weights_of_a_line_are_repeats()
    {
        double[] x = [1, 2, 4], y = [1, 3, 4];
        var weighted = StraightLine.Fit(x, y, [1, 2, 3]);
        var repeated = StraightLine.Fit([1, 2, 2, 4, 4, 4], [1, 3, 3, 4, 4, 4]);
        Assert.Equal(repeated.Slope, weighted.Slope, 1e-12);
        Assert.Equal(repeated.Intercept, weighted.Intercept, 1e-12);
        Assert.Equal(repeated.RSquared, weighted.RSquared, 1e-12);
    }

    [Theory] // by scipy.interpolate.Akima1DInterpolator
    [InlineData(0.5, 1.375)]
    [InlineData(2.5, 2.036713286713287)]
    [InlineData(4, 1.533143939393939)]
    [InlineData(5.5, 0.21354166666666666)]
    public void Akima_is_scipys(double at, double expected) => Assert.Equal(expected, new Akima([0, 1, 2, 3, 5, 6], [0, 2, 1, 3, 0, 1]).At(at), 1e-12);

    [Fact]
    public void An_inverse_times_its_matrix_is_one()
    {
        double[,] a = { { 4, 1, 0.5 }, { 1, 3, -0.2 }, { 0.5, -0.2, 2 } };
        var inverse = SymmetricMatrix.Inverse(a)!;
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < 3; j++)
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, 3).Sum(k => a[i, k] * inverse[k, j]), 1e-12);
        }
        Assert.Null(SymmetricMatrix.Inverse(new double[,] { { 1, 2 }, { 2, 4 } }));
    }
}
