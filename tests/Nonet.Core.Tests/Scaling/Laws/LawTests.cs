using Nonet.Scaling.Laws;

namespace Nonet.Tests.Scaling.Laws;

public sealed class LawTests
{
    const double ChinchillaFlops = 5.76e23;

    [Theory] // tokens per parameter at Gopher's compute
    [InlineData("hoffmann-rounded", 92.6)]
    [InlineData("hoffmann", 58.9)]
    [InlineData("besiroglu", 18.4)]
    public void The_published_constants_give_their_tokens_per_parameter(string name, double expected)
    {
        var best = PublishedLaws.All.Single(l => l.Name == name).Frontier.Optimum(ChinchillaFlops);
        Assert.Equal(expected, best.Tokens / best.Parameters, 0.1);
        Assert.Equal(ChinchillaFlops, 6 * best.Parameters * best.Tokens, ChinchillaFlops * 1e-12);
    }

    [Theory]
    [InlineData("hoffmann"), InlineData("besiroglu")]
    public void No_other_size_of_the_same_compute_is_better(string name)
    {
        var law = (ChinchillaLaw)PublishedLaws.All.Single(l => l.Name == name).Frontier;
        var best = law.Optimum(1e21);
        Assert.True(law.Loss(best.Parameters * 1.02, best.Tokens / 1.02) > best.Loss);
        Assert.True(law.Loss(best.Parameters / 1.02, best.Tokens * 1.02) > best.Loss);
        Assert.Equal(best.Parameters, law.SizeFor(best.Tokens), best.Parameters * 1e-9);
    }

    [Fact]
    public void Kaplans_law_of_size_and_data_has_its_best_size_where_no_other_is_better()
    {
        var law = new KaplanLaw(6.4e13, 1.8e13, 0.076, 0.103);
        var best = law.Optimum(1e20);
        Assert.True(law.Loss(best.Parameters * 1.05, best.Tokens / 1.05) > best.Loss);
        Assert.True(law.Loss(best.Parameters / 1.05, best.Tokens * 1.05) > best.Loss);
        Assert.Equal(best.Loss, law.Loss(best.Parameters, best.Tokens), 1e-12);
        Assert.Equal(law.SizeExponent, Math.Log10(law.Optimum(1e21).Parameters / best.Parameters), 1e-9);
    }

    [Fact]
    public void Kaplans_optimum_of_a_petaflop_day_is_the_papers()
    {
        var best = PublishedLaws.Kaplan.Frontier.Optimum(PublishedLaws.PetaflopDay);
        Assert.Equal(1.3e9, best.Parameters, 1.0);
        Assert.Equal(Math.Pow(3.1e8, 0.05), best.Loss, 1e-9);
        Assert.Equal(Math.Pow(10, 0.73), PublishedLaws.Kaplan.Frontier.Optimum(10 * PublishedLaws.PetaflopDay).Parameters / best.Parameters, 1e-9);
    }

    [Theory] // Pearce and Song 2024: their figures for the constants of Besiroglu et al. and Hoffmann et al.
    [InlineData("besiroglu", 0.792)]
    [InlineData("hoffmann-rounded", 0.752)]
    [InlineData("hoffmann", 0.752)]
    public void Counted_without_embeddings_Chinchillas_law_has_Kaplans_exponent(string name, double expected)
    {
        var law = new NonEmbeddingOptimum((ChinchillaLaw)PublishedLaws.All.Single(l => l.Name == name).Frontier);
        Assert.Equal(expected, law.Exponent(Math.Pow(10, 2.9), Math.Pow(10, 9.2)), 0.005);
    }

    [Fact] // the closed form against a search over sizes
    public void The_best_size_without_embeddings_is_that_of_a_search()
    {
        var (law, view) = (Synthetic.Epoch, new NonEmbeddingOptimum(Synthetic.Epoch));
        foreach (var n in new[] { 1e5, 1e7, 1e9 })
        {
            var c = view.Flops(n);
            double Loss(double size) => law.Loss(view.AllParameters(size), c / 6 / size);
            Assert.True(Loss(n) < Loss(n * 1.01) && Loss(n) < Loss(n / 1.01));
        }
    }

    [Fact]
    public void Far_above_the_embeddings_the_exponent_is_Chinchillas()
        => Assert.Equal(Synthetic.Epoch.SizeExponent, new NonEmbeddingOptimum(Synthetic.Epoch).Exponent(1e15, 1e17), 0.001);

    [Theory] // R_D* = 15.39: four epochs are worth 3.73 of fresh tokens, sixteen 10.58
    [InlineData(1, 1)]
    [InlineData(4, 3.73)]
    [InlineData(16, 10.58)]
    [InlineData(100_000, 16.39)]
    public void Repeated_tokens_are_worth_what_the_paper_says(double epochs, double worth) =>
        Assert.Equal(worth, new RepeatedData(Synthetic.Epoch, 1e9).EffectiveTokens(epochs * 1e9) / 1e9, 0.005);

    [Fact]
    public void With_data_enough_repeats_change_nothing_and_with_little_the_best_model_is_smaller_and_worse()
    {
        var fresh = Synthetic.Epoch.Optimum(1e21);
        Assert.Equal(fresh, new RepeatedData(Synthetic.Epoch, 1e12).Optimum(1e21));
        var limited = new RepeatedData(Synthetic.Epoch, fresh.Tokens / 20).Optimum(1e21);
        Assert.True(limited.Parameters < fresh.Parameters && limited.Loss > fresh.Loss);
    }

    [Fact]
    public void The_critical_batch_halves_neither_time_nor_data()
    {
        var law = new CriticalBatchLaw(2.1e8, 0.21);
        Assert.Equal(2, law.StepFactor(law.At(3), 3), 1e-12);
        Assert.Equal(2, law.TokenFactor(law.At(3), 3), 1e-12);
        Assert.Equal(1, (law.StepFactor(1e6, 3) - 1) * (law.TokenFactor(1e6, 3) - 1), 1e-9); // (S / Smin - 1)(E / Emin - 1) = 1
    }
}
