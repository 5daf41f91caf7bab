/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
 * in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the License
 * is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express
 * or implied. See the License for the specific language governing permissions and limitations under
 * the License.
 */
package dev.matryoshka.plugin;

import dev.matryoshka.action.CompareAction;
import dev.matryoshka.action.RecallAction;
import dev.matryoshka.action.RecallTask;
import dev.matryoshka.action.SampleAction;
import dev.matryoshka.action.StatsAction;
import dev.matryoshka.action.TransportCompareAction;
import dev.matryoshka.action.TransportRecallAction;
import dev.matryoshka.action.TransportSampleAction;
import dev.matryoshka.action.TransportStatsAction;
import dev.matryoshka.codec.RecentRotations;
import dev.matryoshka.engine.MatryoshkaEngineFactory;
import dev.matryoshka.mapper.MatryoshkaVectorFieldMapper;
import dev.matryoshka.monitor.AuditThreads;
import dev.matryoshka.monitor.KeptQueries;
import dev.matryoshka.monitor.NodeMetrics;
import dev.matryoshka.monitor.RecallSampler;
import dev.matryoshka.monitor.SearchMonitor;
import dev.matryoshka.monitor.ShardWarmer;
import dev.matryoshka.monitor.TrainingMonitor;
import dev.matryoshka.query.ExactMatryoshkaQueryBuilder;
import dev.matryoshka.query.FindAllSettings;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.rest.RestRecallAction;
import dev.matryoshka.rest.RestStatsAction;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.IndexModule;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.engine.EngineFactory;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.EnginePlugin;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.SearchPlugin;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.threadpool.ExecutorBuilder;

/** Registers what the other packages build; holds no logic. */
public final class MatryoshkaPlugin extends Plugin
    implements MapperPlugin, SearchPlugin, EnginePlugin, ActionPlugin {

  private final RecentRotations rotations = new RecentRotations();
  private final KeptQueries keptQueries = new KeptQueries();
  private final SearchMonitor monitor = new SearchMonitor(keptQueries);
  private final TrainingMonitor trainings = new TrainingMonitor();
  private final ShardWarmer warmer = new ShardWarmer();

  @Override
  public Map<String, Mapper.TypeParser> getMappers() {
    return Map.of(MatryoshkaVectorFieldMapper.CONTENT_TYPE, MatryoshkaVectorFieldMapper.PARSER);
  }

  @Override
  public List<QuerySpec<?>> getQueries() {
    return List.of(
        new QuerySpec<>(
            MatryoshkaQueryBuilder.NAME,
            MatryoshkaQueryBuilder::new,
            MatryoshkaQueryBuilder::fromXContent),
        new QuerySpec<>(
            ExactMatryoshkaQueryBuilder.NAME,
            ExactMatryoshkaQueryBuilder::new,
            ExactMatryoshkaQueryBuilder::fromXContent));
  }

  @Override
  public Optional<EngineFactory> getEngineFactory(IndexSettings indexSettings) {
    return MatryoshkaEngineFactory.forIndex(indexSettings, rotations, trainings::trained);
  }

  @Override
  public Collection<ActionHandler> getActions() {
    return List.of(
        new ActionHandler(RecallAction.INSTANCE, TransportRecallAction.class),
        new ActionHandler(SampleAction.INSTANCE, TransportSampleAction.class),
        new ActionHandler(CompareAction.INSTANCE, TransportCompareAction.class),
        new ActionHandler(StatsAction.INSTANCE, TransportStatsAction.class));
  }

  @Override
  public Collection<RestHandler> getRestHandlers(
      RestHandlersServices services,
      Supplier<DiscoveryNodes> nodes,
      Predicate<NodeFeature> features) {
    return List.of(new RestRecallAction(), new RestStatsAction());
  }

  @Override
  public List<NamedWriteableRegistry.Entry> getNamedWriteables() {
    return List.of(
        new NamedWriteableRegistry.Entry(
            Task.Status.class, RecallTask.Progress.NAME, RecallTask.Progress::read));
  }

  @Override
  public List<ExecutorBuilder<?>> getExecutorBuilders(Settings settings) {
    return AuditThreads.builders(settings);
  }

  @Override
  public Collection<?> createComponents(PluginServices services) {
    CircuitBreaker breaker =
        services.bigArrays().breakerService().getBreaker(CircuitBreaker.REQUEST);
    RecallSampler sampler =
        new RecallSampler(
            AuditThreads.ofSampling(services.threadPool()),
            breaker,
            RecallSampler.MAX_TIME_SHARE.get(services.environment().settings()));
    services
        .clusterService()
        .getClusterSettings()
        .addSettingsUpdateConsumer(RecallSampler.MAX_TIME_SHARE, sampler::maxTimeShare);
    monitor.sampleWith(sampler);
    keptQueries.accountTo(breaker);
    warmer.searchWith(AuditThreads.of(services.threadPool()));
    NodeMetrics.register(services.telemetryProvider().getMeterRegistry(), monitor);
    return List.of(monitor, keptQueries, trainings, warmer);
  }

  @Override
  public void onIndexModule(IndexModule module) {
    module.addSearchOperationListener(monitor);
    module.addIndexEventListener(monitor);
    module.addIndexEventListener(keptQueries);
    module.addIndexEventListener(trainings);
    module.addIndexEventListener(warmer);
  }

  @Override
  public List<Setting<?>> getSettings() {
    return List.of(
        FindAllSettings.MAX_SCORED,
        RecallSampler.RATE,
        RecallSampler.MAX_TIME_SHARE,
        KeptQueries.SIZE);
  }
}
