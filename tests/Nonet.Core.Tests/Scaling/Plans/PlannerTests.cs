using System.Text.Json;
using Nonet.Files;
using Nonet.Scaling;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Plans;

namespace Nonet.Tests.Scaling.Plans;

public sealed class PlannerTests : IDisposable
{
    static readonly PlanLaw epoch = PlanLaw.Of(PublishedLaws.Besiroglu);
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Hours_of_an_accelerator_are_its_peak_times_the_share_reached()
    {
        var plan = Planner.Make(epoch,
            new PlanRequest { AcceleratorHours = 1000, Hardware = Accelerator.Find("H200"), Utilisation = 0.4, Accelerators = 8, HourlyPrice = 3 });
        Assert.Equal(1000 * 3600 * 989e12 * 0.4, plan.Flops.Value, 1e9);
        Assert.Equal(1000, plan.AcceleratorHours!.Value, 1e-6);
        Assert.Equal(125, plan.Duration!.Value.TotalHours, 1e-6);
        Assert.Equal(3000, plan.Price!.Value, 1e-3);
    }

    [Fact]
    public void A_target_loss_is_reached_with_no_more_compute_than_needed()
    {
        var plan = Planner.Make(epoch, new PlanRequest { TargetLoss = 2.2 });
        Assert.Equal(2.2, plan.Loss.Value, 1e-6);
        Assert.Equal(2.2, Synthetic.Epoch.Loss(plan.Parameters.Value, plan.Tokens.Value), 1e-6);
        Assert.Contains("below the law's irreducible loss of 1.817",
            Assert.Throws<ArgumentException>(() => Planner.Make(epoch, new PlanRequest { TargetLoss = 1.8 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Planner.Make(epoch, new PlanRequest { TargetLoss = 1e4 }));
    }

    [Fact]
    public void Smaller_models_reach_the_same_loss_for_more_training()
    {
        var plan = Planner.Make(epoch, new PlanRequest { Flops = 1e22 });
        Assert.True(plan.Smaller.Count >= 3);
        Assert.All(plan.Smaller, s => Assert.Equal(plan.Loss.Value, Synthetic.Epoch.Loss(s.Parameters, s.Tokens), 1e-6));
        Assert.Equal(plan.Smaller.Select(s => s.Overhead).Order(), plan.Smaller.Select(s => s.Overhead));
        var half = plan.Smaller[2];
        Assert.Equal(half.TrainingFlops + 2 * half.Parameters * half.BreakEvenTokens!.Value, 1e22 + 2 * plan.Parameters.Value * half.BreakEvenTokens.Value,
            1e16);
    }

    [Fact]
    public void Serving_more_makes_the_best_model_smaller_and_nothing_near_it_is_cheaper()
    {
        ServingPlan Serve(double tokens) => Planner.Make(epoch, new PlanRequest { Flops = 1e22, ServedTokens = tokens }).Serving!;
        var (some, many) = (Serve(1e11), Serve(1e13));
        Assert.True(many.Parameters < some.Parameters && some.Parameters < Synthetic.Epoch.Optimum(1e22).Parameters);
        Assert.InRange(many.SharePaid, 0.1, some.SharePaid);
        var loss = Synthetic.Epoch.Optimum(1e22).Loss;
        double Cost(double n) => 6 * n * Math.Pow((loss - 1.817 - 482.01 * Math.Pow(n, -0.3478)) / 2085.43, -1 / 0.3658) + 2 * n * 1e13;
        Assert.True(Cost(many.Parameters) <= Math.Min(Cost(many.Parameters * 1.01), Cost(many.Parameters / 1.01)));
    }

    [Fact]
    public void Little_data_costs_loss_and_is_repeated()
    {
        var plan = Planner.Make(epoch, new PlanRequest { Flops = 1e22, UniqueTokens = 2e10 });
        Assert.InRange(plan.Repeats!.Epochs, 4, 40);
        Assert.True(plan.Loss.Value > plan.Repeats.Fresh.Loss && plan.Parameters.Value < plan.Repeats.Fresh.Parameters);
        Assert.Contains(plan.Warnings, w => w.Contains("epochs: repeats beyond 4", StringComparison.Ordinal));
    }

    [Fact]
    public void A_law_of_the_frontier_alone_refuses_what_it_cannot_answer() =>
        Assert.Contains("served tokens need a law of the loss for any size",
            Assert.Throws<ArgumentException>(() => Planner.Make(PlanLaw.Of(PublishedLaws.Kaplan), new PlanRequest { Flops = 1e20, ServedTokens = 1e9 }))
            .Message, StringComparison.Ordinal);

    [Fact]
    public void A_fit_goes_through_its_file_and_its_intervals_into_the_plan()
    {
        var fit = ScalingLaw.Fit("runs", Synthetic.Surface(Synthetic.Epoch, 80, 3, 0.005), ScalingLaw.Chinchilla,
            new FitOptions { Bootstrap = 40, Threads = 2 }, TestContext.Current.CancellationToken);
        var path = Write(json => FitJson.Write(json, fit));
        var read = FitJson.Read(path);
        Assert.Equal(fit.Numbers.Select(n => (n.Name, n.Value)), read.Numbers.Select(n => (n.Name, n.Value)));
        Assert.Equal(fit.Replicates, read.Replicates);
        var plan = Planner.Make(PlanLaw.Read(path), new PlanRequest { Flops = 1e22 });
        Assert.InRange(Synthetic.Epoch.Optimum(1e22).Loss, plan.Loss.Low!.Value, plan.Loss.High!.Value);
        Assert.InRange(Synthetic.Epoch.Optimum(1e22).Parameters, plan.Parameters.Low!.Value, plan.Parameters.High!.Value);
        Assert.InRange(plan.Loss.High.Value - plan.Loss.Low.Value, 1e-4, 0.1);
        var far = Planner.Make(PlanLaw.Read(path), new PlanRequest { Flops = 1e25 });
        Assert.Contains(far.Warnings, w => w.Contains("times those of the largest run fitted", StringComparison.Ordinal));
        var aimed = Planner.Make(PlanLaw.Read(path), new PlanRequest { TargetLoss = 2.1 });
        Assert.InRange(aimed.Flops.Value, aimed.Flops.Low!.Value, aimed.Flops.High!.Value);
    }

    [Theory]
    [InlineData("{}", "no field 'law'")]
    [InlineData("{\"law\":\"gopher\"}", "'law'")]
    [InlineData("{\"law\":\"chinchilla\"}", "no field 'order'")]
    [InlineData("{\"law\":\"chinchilla\",\"order\":[\"A\"]}", "no field 'A'")]
    [InlineData("{\"law\":\"chinchilla\",\"order\":[\"A\",\"B\",\"E\",\"alpha\",\"beta\"],\"A\":1,\"B\":1,\"E\":1,\"alpha\":-1,\"beta\":1}",
        "positive scales and exponents")]
    [InlineData("{\"law\":\"chinchilla\",\"order\":[\"A\"],\"A\":1,\"replicates\":[[1,2]]}", "arrays of 1 numbers")]
    public void A_file_that_holds_no_fit_is_named(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<MalformedFileException>(() => PlanLaw.Read(folder.Add("fit.json", json))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_law_may_have_no_floor() =>
        Assert.Equal(0,
            PlanLaw.Read(folder.Add("fit.json",
            "{\"law\":\"chinchilla\",\"order\":[\"A\",\"B\",\"E\",\"alpha\",\"beta\"],\"A\":400,\"B\":2000,\"E\":0,\"alpha\":0.3,\"beta\":0.4}"))
            .Surface!.Floor);

    [Fact]
    public void A_law_of_one_quantity_says_no_best_size() =>
        Assert.Contains("gives no optimal size",
            Assert.Throws<ArgumentException>(() =>
            PlanLaw.Read(folder.Add("fit.json", "{\"law\":\"L(N)\",\"order\":[\"Nc\",\"alpha_N\"],\"Nc\":1e13,\"alpha_N\":0.07}"))).Message,
            StringComparison.Ordinal);

    string Write(Action<Utf8JsonWriter> fields)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        return folder.Add("fit.json", bytes.ToArray());
    }
}
