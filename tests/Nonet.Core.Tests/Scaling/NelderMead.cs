namespace Nonet.Tests.Scaling;

/// <summary>The simplex of Nelder and Mead 1965, begun anew until it gains nothing: slow, and independent of what is tested.</summary>
static class NelderMead
{
    public static double Minimum(Func<double[], double> f, double[] start)
    {
        var (at, before) = (start, double.MaxValue);
        for (var round = 0; round < 30; round++)
        {
            at = Once(f, at, 0.02 / (1 + round));
            var now = f(at);
            if (before - now < 1e-12 * now)
                break;
            before = now;
        }
        return f(at);
    }

    static double[] Once(Func<double[], double> f, double[] start, double size)
    {
        var n = start.Length;
        var simplex = Enumerable.Range(0, n + 1).Select(i => start.Select((x, k) => k == i - 1 ? x * (1 + size) + 1e-4 : x).ToArray())
            .Select(p => (Point: p, Value: f(p))).ToList();
        for (var i = 0; i < 3000; i++)
        {
            simplex.Sort((a, b) => a.Value.CompareTo(b.Value));
            if (simplex[n].Value - simplex[0].Value < 1e-14 * simplex[0].Value)
                break;
            double[] centre = [.. Enumerable.Range(0, n).Select(k => simplex.Take(n).Average(s => s.Point[k]))];
            (double[] Point, double Value) Along(double t) =>
                Enumerable.Range(0, n).Select(k => centre[k] + t * (simplex[n].Point[k] - centre[k])).ToArray() is var p ? (p, f(p)) : default;
            var reflected = Along(-1);
            if (reflected.Value < simplex[0].Value)
                simplex[n] = Along(-2) is var far && far.Value < reflected.Value ? far : reflected;
            else if (reflected.Value < simplex[n - 1].Value)
                simplex[n] = reflected;
            else if (Along(reflected.Value < simplex[n].Value ? -0.5 : 0.5) is var near && near.Value < Math.Min(reflected.Value, simplex[n].Value))
                simplex[n] = near;
            else
                simplex = [.. simplex.Select((s, j) =>
                    j == 0 ? s : s.Point.Select((x, k) => (x + simplex[0].Point[k]) / 2).ToArray() is var p ? (p, f(p)) : default)];
        }
        return simplex.MinBy(s => s.Value).Point;
    }
}
