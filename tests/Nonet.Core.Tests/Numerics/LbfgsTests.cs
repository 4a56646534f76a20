using Nonet.Numerics;

namespace Nonet.Tests.Numerics;

public sealed class LbfgsTests
{
    [Fact]
    public void The_valley_of_Rosenbrock_is_followed_to_its_end()
    {
        static double Valley(ReadOnlySpan<double> x, Span<double> g)
        {
            var (a, b) = (1 - x[0], x[1] - x[0] * x[0]);
            (g[0], g[1]) = (-2 * a - 400 * x[0] * b, 200 * b);
            return a * a + 100 * b * b;
        }
        double[] x = [-1.2, 1];
        Assert.InRange(new Lbfgs(2, Valley).Minimize(x), 0, 1e-18);
        Assert.Equal(1, x[0], 1e-8);
        Assert.Equal(1, x[1], 1e-8);
    }

    [Fact]
    public void A_start_at_the_minimum_stays_there()
    {
        double[] x = [0, 0];
        Assert.Equal(0, new Lbfgs(2, (p, g) => { (g[0], g[1]) = (2 * p[0], 2 * p[1]); return p[0] * p[0] + p[1] * p[1]; }).Minimize(x));
        Assert.Equal([0, 0], x);
    }

    [Fact]
    public void Where_the_function_overflows_the_step_is_shortened()
    {
        double[] x = [20];
        var value = new Lbfgs(1, (p, g) => { g[0] = Math.Exp(p[0]) - 1; return Math.Exp(p[0]) - p[0]; }).Minimize(x);
        Assert.Equal(1, value, 1e-9);
        Assert.Equal(0, x[0], 1e-4);
    }

    [Fact]
    public void A_corner_ends_the_search_without_an_exception()
    {
        double[] x = [3];
        Assert.InRange(new Lbfgs(1, (p, g) => { g[0] = Math.Sign(p[0]); return Math.Abs(p[0]); }).Minimize(x), 0, 1e-6);
    }
}
