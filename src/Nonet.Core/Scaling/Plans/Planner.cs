using System.Globalization;
using Nonet.Numerics;
using Nonet.Scaling.Laws;

namespace Nonet.Scaling.Plans;

/// <summary>Computes a plan from a law and a budget.</summary>
public static class Planner
{
    const double LeastFlops = 1e6, MostFlops = 1e40;

    /// <summary>From this multiple of the largest run on, extrapolation is reported as far.</summary>
    const double FarBeyond = 100;

    /// <summary>Number of epochs beyond which repeats lose much: Muennighoff et al. 2023 find four epochs nearly as good as fresh tokens.</summary>
    const double ManyEpochs = 4;

    /// <summary>Smaller models with a larger overhead are left out.</summary>
    const double MostOverhead = 20;

    /// <summary>Sizes in the table of smaller models, relative to the plan's.</summary>
    static readonly double[] shares = [1, 0.75, 0.5, 0.35, 0.25, 0.15];

    /// <summary>Creates a plan. Throws an <see cref="ArgumentException"/> if the law cannot answer the request.</summary>
    public static Plan Make(PlanLaw law, PlanRequest request)
    {
        var (frontier, surface) = Limited(law.Frontier, request);
        IFrontier[] replicates = [.. law.Replicates.Select(r => Limited(r, request).Frontier)];
        var flops = Budget(frontier, request);
        if (request.TargetLoss is { } target)
            return Finish(law, request, frontier, surface, replicates, frontier.Optimum(flops),
                Interval(flops, [.. replicates.Where(r => r.Floor < target).Select(r => FlopsFor(r, target))]));
        return Finish(law, request, frontier, surface, replicates, frontier.Optimum(flops), new Estimate(flops));
    }

    static Plan Finish(PlanLaw law, PlanRequest request, IFrontier frontier, ILossSurface? surface, IFrontier[] replicates, Allocation best, Estimate flops)
    {
        Allocation[] others = [.. replicates.Select(r => r.Optimum(best.Flops))];
        var shape = ModelShape.For(best.Parameters, request.Vocab, law.Counting);
        var memory = MemoryNeed.Of(shape, request.Vocab, request.Context);
        var plan = new Plan
        {
            Law = law.Name,
            Counting = law.Counting,
            Flops = flops,
            Parameters = Interval(best.Parameters, [.. others.Select(o => o.Parameters)]),
            Tokens = Interval(best.Tokens, [.. others.Select(o => o.Tokens)]),
            // each replicate predicts the loss of the planned model, not of its own optimum
            Loss = Interval(best.Loss, [.. replicates.Select((r, i) => r is ILossSurface s ? s.Loss(best.Parameters, best.Tokens) : others[i].Loss)]),
            Shape = shape,
            Memory = memory,
            Hardware = request.Hardware,
            Repeats = request.UniqueTokens is { } unique && frontier is RepeatedData repeated
                ? new RepeatPlan(unique, best.Tokens / unique, repeated.EffectiveTokens(best.Tokens), law.Frontier.Optimum(best.Flops)) : null,
            Smaller = surface is null ? [] : [.. Smaller(surface, best)],
            Serving = surface is not null && request.ServedTokens is { } served ? Serve(surface, best, served) : null,
        };
        plan = plan with { Warnings = [.. Warnings(law, plan, request)] };
        return request.Hardware is { } hardware ? OnHardware(plan, hardware, request) : plan;
    }

    static Plan OnHardware(Plan plan, Accelerator hardware, PlanRequest request)
    {
        var hours = plan.Flops.Value / (hardware.PeakFlops * request.Utilisation) / 3600;
        var least = plan.Memory.Accelerators(hardware);
        var count = request.Accelerators ?? (least < int.MaxValue ? least : null);
        var days = hours / count / 24;
        return plan with
        {
            AcceleratorHours = hours,
            Accelerators = count,
            Duration = days < TimeSpan.MaxValue.TotalDays ? TimeSpan.FromDays(days.Value) : null,
            Price = request.HourlyPrice * hours,
            Warnings = least == int.MaxValue
                ? [.. plan.Warnings,
                string.Create(CultureInfo.InvariantCulture,
                $"the activations of one sequence of {request.Context} tokens alone, {plan.Memory.Activations / 1e9:0.0} GB, do not fit one "
                + $"{hardware.Name}: shorten --context, or recompute activations")]
                : least > count ? [.. plan.Warnings,
                    $"training needs the memory of {least} of {hardware.Name}, but the plan has {count}"] : plan.Warnings,
        };
    }

    static (IFrontier Frontier, ILossSurface? Surface) Limited(IFrontier frontier, PlanRequest request)
    {
        var surface = frontier as ILossSurface;
        if ((request.UniqueTokens ?? request.ServedTokens) is not null && surface is null)
            throw new ArgumentException(
                $"{(request.UniqueTokens is null ? "served tokens" : "unique tokens")} need a law of the loss for any size and data: a fit of "
                + $"{ScalingLaw.Chinchilla} or {ScalingLaw.Kaplan}, or another published law");
        if (request.UniqueTokens is not { } unique)
            return (frontier, surface);
        var repeated = new RepeatedData(surface!, unique);
        return (repeated, repeated);
    }

    static double Budget(IFrontier frontier, PlanRequest request)
    {
        if (request.TargetLoss is { } target)
        {
            if (target <= frontier.Floor)
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"a target loss of {target:g6} is below the law's irreducible loss of {frontier.Floor:g6}: no model reaches it"));
            if (target >= frontier.Optimum(LeastFlops).Loss)
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"a target loss of {target:g6} needs fewer than {LeastFlops:g} FLOPs: no model that is worth a plan"));
            if (target <= frontier.Optimum(MostFlops).Loss)
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"a target loss of {target:g6} is not reached with {MostFlops:g} FLOPs{(request.UniqueTokens is null ? "" : " on so few unique tokens")}"));
            return FlopsFor(frontier, target);
        }
        if (request.Flops is { } flops)
            return flops;
        var hardware = request.Hardware ?? throw new ArgumentException("the request gives accelerator hours without Hardware; expected both");
        return request.AcceleratorHours is { } hours ? hours * 3600 * hardware.PeakFlops * request.Utilisation
            : throw new ArgumentException("the request has no budget; expected FLOPs, accelerator hours or a target loss");
    }

    static double FlopsFor(IFrontier frontier, double target) =>
        Math.Exp(Search.Root(c => frontier.Optimum(Math.Exp(c)).Loss - target, Math.Log(LeastFlops), Math.Log(MostFlops)));

    /// <summary>Number of tokens with which a size reaches a loss; null if it never does.</summary>
    static double? TokensFor(ILossSurface surface, double parameters, double loss)
    {
        var most = Math.Log(MostFlops);
        return surface.Loss(parameters, Math.Exp(most)) >= loss ? null : Math.Exp(Search.Root(d => surface.Loss(parameters, Math.Exp(d)) - loss, 0, most));
    }

    static IEnumerable<SmallerModel> Smaller(ILossSurface surface, Allocation best)
    {
        foreach (var share in shares)
        {
            var n = share * best.Parameters;
            var d = share == 1 ? best.Tokens : TokensFor(surface, n, best.Loss);
            if (d is not { } tokens)
                yield break;
            var flops = 6 * n * tokens;
            if (flops > MostOverhead * best.Flops)
                yield break;
            yield return new SmallerModel(n, tokens, flops, flops / best.Flops,
                share == 1 ? null : Math.Max(0, flops - best.Flops) / (2 * (best.Parameters - n)));
        }
    }

    static ServingPlan Serve(ILossSurface surface, Allocation best, double served)
    {
        // Find the smallest size that reaches the loss at all. The cheapest size lies between it and a little above the optimum for training alone.
        var least = Search.Root(n => TokensFor(surface, Math.Exp(n), best.Loss) is null ? 1 : -1, Math.Log(best.Parameters / 1e6), Math.Log(best.Parameters));
        double Cost(double n) =>
            TokensFor(surface, Math.Exp(n), best.Loss) is { } d ? Math.Log(6 * Math.Exp(n) * d + 2 * Math.Exp(n) * served) : double.MaxValue;
        var size = Math.Exp(Search.Minimum(Cost, least + 1e-6, Math.Log(1.5 * best.Parameters)));
        var tokens = TokensFor(surface, size, best.Loss)!.Value;
        var (training, serving) = (6 * size * tokens, 2 * size * served);
        return new ServingPlan(served, size, tokens, training, serving, (training + serving) / (best.Flops + 2 * best.Parameters * served));
    }

    static IEnumerable<string> Warnings(PlanLaw law, Plan plan, PlanRequest request)
    {
        if (law.MostFlops is > 0 and { } most && plan.Flops.Value > FarBeyond * most)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{plan.Flops.Value:g3} FLOPs are {plan.Flops.Value / most:g3} times those of the largest run fitted: the interval reflects the "
                + $"scatter of the runs, but not a law that bends");
        if (law.MostFlops is null)
            yield return "a published law: its loss is in nats per token of its own tokenizer and text, and its constants are not yours";
        if (law.MostFlops is not null && law.Replicates.Count == 0)
            yield return "the fit has no bootstrap replicates, so there are no intervals";
        if (plan.Repeats is { } repeats && repeats.Epochs > ManyEpochs)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{repeats.Epochs:0.0} epochs: repeats beyond {ManyEpochs:g} are worth clearly less than fresh tokens; R_D* = "
                + $"{RepeatedData.TokenRepeats:0.00} and R_N* = {RepeatedData.ParameterRepeats:0.00} are those of the paper's runs, not of yours");
        if (request.TargetLoss is not null && plan.Flops is { Low: null } && law.Replicates.Count > 0)
            yield return "too few replicates reach the target loss for an interval";
    }

    static Estimate Interval(double value, double[] replicates)
    {
        if (replicates.Length < 20)
            return new Estimate(value);
        Array.Sort(replicates);
        return new Estimate(value, Search.Quantile(replicates, 0.025), Search.Quantile(replicates, 0.975));
    }
}
